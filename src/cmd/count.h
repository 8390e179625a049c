// SPDX-License-Identifier: BSD-2-Clause
// The parts of `count`: they differ in what they attach to.
#pragma once

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<int> count_functions(const Invocation& in);
Result<int> count_calls(const Invocation& in);  // count calls, count --by

}  // namespace socketrace
