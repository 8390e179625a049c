// SPDX-License-Identifier: BSD-2-Clause
// Names that only the printer needs; families and protocols are in names/families.h. Every function
// gives an empty name for a number it does not know: print the number then (put_name).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"

namespace socketrace {

std::string_view netlink_protocol_name(unsigned protocol);  // "NETLINK_ROUTE"
std::string_view socket_type_name(unsigned type);           // "SOCK_STREAM"
std::string_view socket_state_name(unsigned state);         // "CONNECTED": struct socket

// skc_state: "ESTABLISHED". Families that count their states in their own way have none.
std::string_view sock_state_name(unsigned family, unsigned state);

// The protocol as its family numbers it: IPPROTO_*, NETLINK_*, else no name.
std::string_view protocol_name_in(unsigned family, unsigned protocol);

inline void put_name(Buffer& out, std::string_view name, uint64_t number) {
  if (name.empty()) {
    out.put_number(number);
  } else {
    out.put(name);
  }
}

}  // namespace socketrace
