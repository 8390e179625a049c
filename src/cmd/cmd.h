// SPDX-License-Identifier: BSD-2-Clause
// The sub-commands: each wires the stages together and returns the exit status.
#pragma once

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<int> trace(const Invocation& invocation);
Result<int> list_funcs(const Invocation& invocation);
Result<int> calls(const Invocation& invocation);
Result<int> connect_attempts(const Invocation& invocation);  // connect() is a function of libc
Result<int> count(const Invocation& invocation);
Result<int> dump(const Invocation& invocation);

}  // namespace socketrace
