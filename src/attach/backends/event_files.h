// SPDX-License-Identifier: BSD-2-Clause
// tracefs' kprobe_events: a list to read, commands to write, and locks that say who is alive.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "select/kernel_files.h"

namespace socketrace {

struct EventFiles {
  std::string tracefs;  // where it is mounted
  Fd commands;          // kprobe_events, for writing
};

// In the first of the two places that has it.
Result<EventFiles> open_event_files(const KernelFiles& files);

// 0, or the errno of this one command.
int give_command(const Fd& commands, const std::string& line);

// Takes byte `owner` for as long as the file is open; false: somebody has it.
bool lock_owner(const Fd& commands, uint64_t owner);
bool owner_is_alive(const Fd& commands, uint64_t owner);

// An event of a group "socketrace_NUMBER" in a listing of kprobe_events.
struct NumberedEvent {
  std::string name;  // "socketrace_123/sock_1_0"
  uint64_t owner;    // 123
  size_t probes;     // one line each
};
std::vector<NumberedEvent> numbered_events(std::string_view listing);

}  // namespace socketrace
