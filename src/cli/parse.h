// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// argv -> Invocation. Every value is checked here; an error is Error::usage and names the option,
// the value and what would be right.
Result<Invocation> parse_command_line(int argc, const char* const* argv);

}  // namespace socketrace
