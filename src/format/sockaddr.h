// SPDX-License-Identifier: BSD-2-Clause
// An address as somebody gave it to a system call: any bytes, any length.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "format/endpoint.h"

namespace socketrace {

struct SocketAddress {
  enum class Read { yes, null, fault };
  Read read = Read::yes;
  uint32_t length = 0;     // as the caller gave it
  std::string_view bytes;  // from the start, as far as they were taken; borrowed
  unsigned protocol = 0;   // of the socket; tells what a netlink address belongs to

  // AF_*; AF_UNSPEC also where there is none.
  bool has_family() const { return read == Read::yes && length >= 2 && bytes.size() >= 2; }
  unsigned family() const;
};

// 192.0.2.1:80   [2001:db8::1]:443   [fe80::1%2]:22   unix:/run/x.sock   unix:@abstract   unix:-
// netlink:ROUTE pid=123 groups=0x11   packet:2/0x0800   vsock:2:1024   unspec
// AF_CAN:0001...   AF_57:...   NULL   short(1)   ?(EFAULT)
void put_sockaddr(Buffer& out, const SocketAddress& address);

// Its parts, for families that put_end has words for; nullopt: another family, or too short for
// its.
std::optional<End> end_of(const SocketAddress& address);

}  // namespace socketrace
