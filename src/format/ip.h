// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

#include "base/buffer.h"

namespace socketrace {

// 4 bytes in network order -> "192.0.2.1"
void put_ipv4(Buffer& out, const uint8_t* bytes);
// 16 bytes in network order -> RFC 5952: "2001:db8::1", "::ffff:192.0.2.1"
void put_ipv6(Buffer& out, const uint8_t* bytes);
// fe80::/10: the address means something on one interface only
bool is_link_local(const uint8_t* ipv6);

}  // namespace socketrace
