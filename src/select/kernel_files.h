// SPDX-License-Identifier: BSD-2-Clause
// Where the kernel tells about itself; tests point these at files of their own.
#pragma once

#include <array>
#include <string>

namespace socketrace {

struct KernelFiles {
  std::string btf = "/sys/kernel/btf";  // vmlinux and one file for each loaded module (5.11+)
  std::string modules = "/sys/module";  // loaded modules, and built-in ones with parameters
  std::string kallsyms = "/proc/kallsyms";
  std::string kptr_restrict = "/proc/sys/kernel/kptr_restrict";
  // In this order: debugfs mounts tracefs by itself only up to 6.16 or so
  // (CONFIG_TRACEFS_AUTOMOUNT_DEPRECATED, 6.17).
  std::array<std::string, 2> tracefs = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
};

}  // namespace socketrace
