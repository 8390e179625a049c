// SPDX-License-Identifier: BSD-2-Clause
#include "format/destination.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "names/families.h"

namespace socketrace {
namespace {

using Address = std::array<uint8_t, 16>;

// IPv4 as v4-mapped IPv6.
Address as_ipv6(const End& end) {
  Address address = {};
  if (end.family == AF_INET) {
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, end.address.bytes, 4);
  } else {
    std::memcpy(address.data(), end.address.bytes, 16);
  }
  return address;
}

// 0.0.0.0, ::, ::ffff:0.0.0.0
bool is_any(const Address& address) {
  const auto zero = [](uint8_t byte) { return byte == 0; };
  const bool mapped = address[10] == 0xff && address[11] == 0xff;
  return std::all_of(address.begin(), address.begin() + 10, zero) &&
         (mapped || (address[10] == 0 && address[11] == 0)) &&
         std::all_of(address.begin() + 12, address.end(), zero);
}

End end_at(const st_event& event, const st_address& address, uint16_t port) {
  End end;
  end.family = event.family;
  end.protocol = event.protocol;
  end.ifindex = event.ifindex;
  end.port = port;
  end.has_port = (event.flags & ST_HIT_NO_PORTS) == 0;
  end.address = address;
  return end;
}

}  // namespace

End remote_end(const st_event& event) {
  return end_at(event, event.remote, event.remote_port);
}
End local_end(const st_event& event) {
  return end_at(event, event.local, event.local_port);
}

Destination destination(const SocketAddress& named, const End* own) {
  Destination to{.named = named, .end = end_of(named)};
  if (own == nullptr || !is_inet(own->family)) return to;
  if (!to.end || !is_inet(to.end->family)) {
    // It could not be read, or is of a family that the socket has not taken.
    to.changed = to.end.has_value();
    to.end = *own;
    return to;
  }
  const Address wanted = as_ipv6(*to.end);
  const bool other_address = wanted != as_ipv6(*own);
  const bool other_port = own->has_port && to.end->port != own->port;
  if (!other_address && !other_port) return to;
  to.changed = (other_address && !is_any(wanted)) || (other_port && to.end->port != 0);
  to.end = *own;
  return to;
}

void put_destination(Buffer& out, const Destination& destination) {
  if (destination.end) return put_end(out, *destination.end);
  put_sockaddr(out, destination.named);
}

void put_change_of_address(Buffer& out, const Destination& destination) {
  if (!destination.changed) return;
  out.put(" address changed (named ");
  put_sockaddr(out, destination.named);
  out.put(')');
}

}  // namespace socketrace
