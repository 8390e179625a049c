// SPDX-License-Identifier: BSD-2-Clause
// The sub-commands: each wires the stages together and returns the exit status.
#pragma once

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<int> trace(const Invocation& invocation);
Result<int> list_funcs(const Invocation& invocation);
Result<int> calls(const Invocation& invocation);
Result<int> dump(const Invocation& invocation);

}  // namespace socketrace
