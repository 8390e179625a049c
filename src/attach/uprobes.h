// SPDX-License-Identifier: BSD-2-Clause
// Probes on a function of a library, in every process that has it mapped or will.
#pragma once

#include <bpf/libbpf.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

class Uprobes {
 public:
  // `begin` at the function's entry and `end` as it returns. Both or none.
  Result<void> attach(const bpf_program* begin, const bpf_program* end, const std::string& library,
                      const char* function);

 private:
  std::vector<Owned<bpf_link, bpf_link__destroy>> links_;
};

}  // namespace socketrace
