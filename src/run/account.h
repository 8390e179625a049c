// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attach/probes.h"

namespace socketrace {

// The account at the end: every hit that was not printed is counted by cause.
struct Account {
  Way way = Way::kprobe_multi;
  std::chrono::duration<double> attach_took{};
  uint64_t printed = 0;
  uint64_t lost = 0;
  std::optional<uint64_t> missed;  // nullopt: this kernel does not tell
  uint64_t stack_failed = 0;
  uint64_t malformed = 0;
  uint64_t undrained = 0;  // a second Ctrl-C, or a reader that went away
  size_t attached = 0;
  size_t wanted = 0;
  bool explained = false;  // why those were skipped that were not attached
  const char* places = "functions";
  std::vector<std::string> remarks;  // "3 calls of 32-bit programs not shown": part of the account
};
}  // namespace socketrace
