// SPDX-License-Identifier: BSD-2-Clause
#include "host/libbpf_version.h"

#include <bpf/libbpf.h>

namespace socketrace {

std::string_view libbpf_version() {
  std::string_view version = libbpf_version_string();  // "v1.1"
  if (version.starts_with('v')) version.remove_prefix(1);
  return version;
}

}  // namespace socketrace
