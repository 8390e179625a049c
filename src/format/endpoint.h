// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "events/decode.h"

namespace socketrace {

// "LOCAL -> REMOTE", each in the words of its family:
//   192.0.2.1:80   [2001:db8::1]:443   [fe80::1%2]:22   unix:/run/x.sock   unix:@abstract   unix:-
//   netlink:ROUTE pid=123 groups=0x11   packet:2/0x0800   vsock:2:1024   AF_CAN   AF_57
// "-" is an end that does not exist or was not read.
void put_endpoints(Buffer& out, const Hit& hit);
// One end alone.
void put_local(Buffer& out, const Hit& hit);
void put_remote(Buffer& out, const Hit& hit);

// "LOCAL->REMOTE" without spaces, of ends that came beside those of the hit.
void put_more_ends(Buffer& out, const st_ends& ends);

// One end alone. Which members count depends on the family.
struct End {
  unsigned family = 0;
  unsigned protocol = 0;  // what a netlink socket speaks
  uint32_t ifindex = 0;   // scope of a link-local address
  uint16_t port = 0;
  bool has_port = true;
  st_address address = {};
  std::string_view unix_name;  // as in struct st_unix
};
void put_end(Buffer& out, const End& end);

// A name as in struct st_unix: /run/x.sock, @abstract, or - where there is none.
void put_unix_name(Buffer& out, std::string_view name);

// "AF_CAN", "AF_57": where nothing but the family is known.
void put_family_alone(Buffer& out, unsigned family);

}  // namespace socketrace
