// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "attach/counters.h"
#include "base/result.h"

namespace socketrace {

// Attached, every file open, every symbol read: from here on a bug in what follows has no powers.
// Says what this kernel could not do.
Result<void> give_up_rights(const Counters& counters);

}  // namespace socketrace
