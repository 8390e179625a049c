// SPDX-License-Identifier: BSD-2-Clause
// What stderr tells: the lists, the attach, the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attach/probes.h"
#include "cli/invocation.h"
#include "select/target.h"

namespace socketrace {

std::string full_name(const Skipped& one);  // "nf_hook_slow [nf_tables]"

// Notes of the selection, and with -v every skipped function with its reason; without -v too if
// functions were asked for by name and few were skipped. Returns whether every reason was told.
bool report_selection(const Targets& targets, const Selection& selection);
bool report_skipped(const std::vector<Skipped>& skipped, const Selection& selection);

// What a message ends with that tells of skipped functions.
constexpr const char* remedy(bool explained) {
  return explained ? "" : ": -v tells why";
}

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
void report_attached(const Account& account);
void report_attached_by_name(const Account& account);  // "attached 3 tracepoints in 0.01 s"
void report_end(const Account& account);
void report_counted(const Account& account);  // `printed`: what was counted

}  // namespace socketrace
