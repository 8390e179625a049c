// SPDX-License-Identifier: BSD-2-Clause
// Probes on a function of a library, in every process that has it mapped or will.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

class Uprobes {
 public:
  // `begin` at the entry of a function and `end` as it returns, in an open file, so many bytes
  // from its start. Both or none.
  Result<void> attach(const bpf_program* begin, const bpf_program* end, int file, uint64_t offset);

 private:
  std::vector<Owned<bpf_link, bpf_link__destroy>> links_;
};

}  // namespace socketrace
