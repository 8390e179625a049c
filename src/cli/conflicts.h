// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// Options that exclude each other are an error; filters that can never match fill warnings.
Result<void> check_conflicts(Invocation& invocation);

}  // namespace socketrace
