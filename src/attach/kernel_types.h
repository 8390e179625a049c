// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <bpf/btf.h>

#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

// The running kernel's own BTF, read anew.
Result<Owned<btf, btf__free>> load_kernel_types();

}  // namespace socketrace
