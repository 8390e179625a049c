// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <vector>

#include "select/symbols.h"

namespace socketrace {

// Where the machine code of each loaded BPF program lies, of its functions too, in no order.
// kallsyms has their beginnings only. Empty without CAP_SYS_ADMIN, with the JIT off, or where
// kernel.kptr_restrict hides addresses. Programs that come and go meanwhile are had or not.
std::vector<CodeRange> loaded_bpf_code();

}  // namespace socketrace
