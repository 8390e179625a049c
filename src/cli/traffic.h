// SPDX-License-Identifier: BSD-2-Clause
// Filters on what kind of socket it is: protocol, family, mark, network namespace.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// "tcp", "IPPROTO_TCP", "6"; "inet6", "AF_INET6", "10".
Result<uint16_t> parse_protocol(std::string_view text);
Result<uint16_t> parse_family(std::string_view text);

// "0x10/0xf0", "7": without a mask all bits count.
Result<MarkMask> parse_mark(std::string_view text);

// An inode number, a path, a name of ip-netns(8), pid:N or self; attach/ resolves it.
Result<std::string> parse_netns(std::string_view text);

}  // namespace socketrace
