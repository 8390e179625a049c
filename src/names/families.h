// SPDX-License-Identifier: BSD-2-Clause
// Names of address families and protocols, shared by the parser of filters and the printer of hits.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace socketrace {

// AF_INET or AF_INET6.
bool is_inet(unsigned family);

// "AF_INET"; empty when the number has no name.
std::string_view family_name(unsigned family);

// "IPPROTO_TCP"; empty when the number has no name. Not for AF_NETLINK sockets.
std::string_view protocol_name(unsigned protocol);

// By short or full name in any case: "inet", "AF_INET", "local"; "tcp", "IPPROTO_TCP".
std::optional<uint16_t> family_by_name(std::string_view name);
std::optional<uint16_t> protocol_by_name(std::string_view name);

}  // namespace socketrace
