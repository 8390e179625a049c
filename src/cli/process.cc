// SPDX-License-Identifier: BSD-2-Clause
#include "cli/process.h"

#include <string>

#include "bpf/contract/event.h"
#include "cli/number.h"
#include "names/users.h"

namespace socketrace {

Result<uint32_t> parse_pid(std::string_view text) {
  constexpr uint64_t kPidMaxLimit = 4194304;  // PID_MAX_LIMIT of 64-bit kernels
  const auto pid = decimal(text, kPidMaxLimit);
  if (!pid || *pid == 0) return Error::usage("not a process id: want a number within 1..4194304");
  return static_cast<uint32_t>(*pid);
}

Result<CommPattern> parse_comm(std::string_view text) {
  CommPattern pattern;
  pattern.prefix = text.ends_with('*');
  pattern.text = text.substr(0, text.size() - (pattern.prefix ? 1 : 0));
  if (pattern.text.empty()) {
    return Error::usage("matches nothing in particular: want a process name, or a prefix and *");
  }
  if (pattern.text.size() >= ST_COMM_LEN) {
    return Error::usage(
        "too long: the kernel keeps 15 bytes of a process name (TASK_COMM_LEN), want '" +
        pattern.text.substr(0, ST_COMM_LEN - 1) + "'");
  }
  return pattern;
}

Result<uint32_t> parse_uid(std::string_view text) {
  constexpr uint64_t kMost = UINT32_MAX - 1;  // (uid_t)-1 is nobody's: it means "no change"
  if (const auto number = decimal(text, kMost)) return static_cast<uint32_t>(*number);
  if (const auto known = Users::read().by_name(text)) return *known;
  return Error::usage("not a user: want a number within 0..4294967294 or a name of /etc/passwd");
}

}  // namespace socketrace
