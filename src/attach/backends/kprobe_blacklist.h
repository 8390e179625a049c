// SPDX-License-Identifier: BSD-2-Clause
// The kernel's list of code that kprobes must not touch, to say so instead of "invalid argument".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "select/target.h"

namespace socketrace {

class KprobeBlacklist {
 public:
  // Lines "0xSTART-0xEND\tNAME"; zeros where addresses are hidden.
  static KprobeBlacklist parse(std::string_view text);
  // Empty when the file cannot be read (debugfs not mounted, or not ours to read).
  static KprobeBlacklist load(const char* path = "/sys/kernel/debug/kprobes/blacklist");

  bool has(const Target& target) const;

 private:
  struct Range {
    uint64_t start, end;
  };
  std::vector<Range> ranges_;
  std::unordered_set<std::string> names_;
};

}  // namespace socketrace
