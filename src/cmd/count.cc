// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/count.h"

#include "cmd/cmd.h"

namespace socketrace {

Result<int> count(const Invocation& in) {
  return in.count.what == Count::What::functions ? count_functions(in) : count_calls(in);
}

}  // namespace socketrace
