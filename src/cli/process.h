// SPDX-License-Identifier: BSD-2-Clause
// Filters on the current task.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<uint32_t> parse_pid(std::string_view text);

// "sshd", or "ssh*" for every name that begins so.
Result<CommPattern> parse_comm(std::string_view text);

// A number, or a user of /etc/passwd by name.
Result<uint32_t> parse_uid(std::string_view text);

}  // namespace socketrace
