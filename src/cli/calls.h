// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// EVENT of `calls`.
Result<void> apply_call_event(Invocation& invocation, std::string_view word);

}  // namespace socketrace
