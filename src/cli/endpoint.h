// SPDX-License-Identifier: BSD-2-Clause
// Filters on the ends of a conversation: ports and addresses.
#pragma once

#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// "22", "8000-8099".
Result<PortRange> parse_port(std::string_view text);

// "10.0.0.0/8", "2001:db8::1". Host bits are cleared. A v4-mapped address (::ffff:1.2.3.4) becomes
// the IPv4 address, because an IPv4 filter matches v4-mapped sockets too.
Result<AddressPrefix> parse_address(std::string_view text);

}  // namespace socketrace
