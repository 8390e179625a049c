// SPDX-License-Identifier: BSD-2-Clause
#include "attach/kernel_types.h"

#include <cerrno>

#include "attach/libbpf_log.h"

namespace socketrace {

Result<Owned<btf, btf__free>> load_kernel_types() {
  LibbpfLog log;
  Owned<btf, btf__free> types(btf__load_vmlinux_btf());
  if (!types) return load_error("read the kernel's types", errno, log.take());
  return types;
}

}  // namespace socketrace
