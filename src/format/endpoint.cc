// SPDX-License-Identifier: BSD-2-Clause
#include "format/endpoint.h"

#include <sys/socket.h>

#include <string_view>

#include "base/escape.h"
#include "format/ip.h"
#include "names/families.h"
#include "names/socket.h"

namespace socketrace {
namespace {

constexpr std::string_view kArrow = " -> ";
constexpr uint32_t kVsockAny = ~0u;  // VMADDR_CID_ANY, VMADDR_PORT_ANY

void put_port(Buffer& out, const st_event& event, uint16_t port) {
  if ((event.flags & ST_HIT_NO_PORTS) != 0) return;
  out.put(':');
  out.put_number(port);
}

void put_inet(Buffer& out, const st_event& event, const st_address& address, uint16_t port) {
  put_ipv4(out, address.bytes);
  put_port(out, event, port);
}

void put_inet6(Buffer& out, const st_event& event, const st_address& address, uint16_t port) {
  out.put('[');
  put_ipv6(out, address.bytes);
  // The number: its name would have to be asked in the namespace of the socket.
  if (event.ifindex != 0 && is_link_local(address.bytes)) {
    out.put('%');
    out.put_number(event.ifindex);
  }
  out.put(']');
  put_port(out, event, port);
}

void put_unix(Buffer& out, std::string_view name) {
  out.put("unix:");
  put_unix_name(out, name);
}

void put_netlink(Buffer& out, const st_event& event, const st_address& address) {
  std::string_view name = netlink_protocol_name(event.protocol);
  if (!name.empty()) name.remove_prefix(std::string_view("NETLINK_").size());
  out.put("netlink:");
  put_name(out, name, event.protocol);
  out.put(" pid=");
  out.put_number(address.netlink.portid);
  out.put(" groups=0x");
  out.put_number(address.netlink.groups, 16);
}

void put_packet(Buffer& out, const st_address& address) {
  out.put("packet:");
  if (address.packet.ifindex == 0) {
    out.put('*');  // every interface
  } else {
    out.put_number(address.packet.ifindex);
  }
  out.put("/0x");
  for (uint32_t top = 0x1000; top > 1 && address.packet.ethertype < top; top >>= 4) out.put('0');
  out.put_number(address.packet.ethertype, 16);
}

void put_vsock_number(Buffer& out, uint32_t number) {
  if (number == kVsockAny) {
    out.put('*');
  } else {
    out.put_number(number);
  }
}

void put_vsock(Buffer& out, const st_address& address) {
  out.put("vsock:");
  put_vsock_number(out, address.vsock.cid);
  out.put(':');
  put_vsock_number(out, address.vsock.port);
}

// Which of the two ends.
enum class Side { local, remote };

void put_unix_side(Buffer& out, const Hit& hit, Side side) {
  const bool known = hit.unix_names != nullptr &&
                     (side == Side::local || (hit.event->flags & ST_HIT_PEER_NAME) != 0);
  if (!known) {
    out.put('-');
  } else if (side == Side::local) {
    put_unix(out, {hit.unix_names->local_name, hit.unix_names->local_len});
  } else {
    put_unix(out, {hit.unix_names->peer_name, hit.unix_names->peer_len});
  }
}

void put_side(Buffer& out, const Hit& hit, Side side) {
  const st_event& event = *hit.event;
  const st_address& address = side == Side::local ? event.local : event.remote;
  const uint16_t port = side == Side::local ? event.local_port : event.remote_port;
  switch (event.family) {
    case AF_INET:
      return put_inet(out, event, address, port);
    case AF_INET6:
      return put_inet6(out, event, address, port);
    case AF_UNIX:
      return put_unix_side(out, hit, side);
    case AF_NETLINK:
      return put_netlink(out, event, address);
    case AF_PACKET:
      if (side == Side::local) return put_packet(out, address);
      return out.put('-');
    case AF_VSOCK:
      return put_vsock(out, address);
    case AF_UNSPEC:
      return out.put('-');
    default:
      return put_family_alone(out, event.family);
  }
}

}  // namespace

// Unix names are chosen by whoever binds them. What would read as another kind of name is escaped:
// the relative paths "-" and "@x" are not the unnamed socket and not the abstract name x.
void put_unix_name(Buffer& out, std::string_view name) {
  if (name.empty()) {
    out.put('-');
    return;
  }
  if (name.front() == '\0') {
    out.put('@');
    put_escaped(out, name.substr(1), Spaces::escape);
    return;
  }
  name = name.substr(0, name.find('\0'));
  if (name.front() == '@' || name == "-") {
    put_escaped_byte(out, static_cast<unsigned char>(name.front()));
    name.remove_prefix(1);
  }
  put_escaped(out, name, Spaces::escape);
}

void put_endpoints(Buffer& out, const Hit& hit) {
  put_local(out, hit);
  out.put(kArrow);
  put_remote(out, hit);
}

void put_local(Buffer& out, const Hit& hit) {
  put_side(out, hit, Side::local);
}

void put_remote(Buffer& out, const Hit& hit) {
  put_side(out, hit, Side::remote);
}

void put_end(Buffer& out, const End& end) {
  st_event event = {};
  event.family = static_cast<uint16_t>(end.family);
  event.protocol = static_cast<uint16_t>(end.protocol);
  event.ifindex = end.ifindex;
  if (!end.has_port) event.flags = ST_HIT_NO_PORTS;
  switch (end.family) {
    case AF_INET:
      return put_inet(out, event, end.address, end.port);
    case AF_INET6:
      return put_inet6(out, event, end.address, end.port);
    case AF_UNIX:
      return put_unix(out, end.unix_name);
    case AF_NETLINK:
      return put_netlink(out, event, end.address);
    case AF_PACKET:
      return put_packet(out, end.address);
    case AF_VSOCK:
      return put_vsock(out, end.address);
    default:
      return put_family_alone(out, end.family);
  }
}

void put_more_ends(Buffer& out, const st_ends& ends) {
  const auto put = [&](const st_address& address, uint16_t port) {
    put_end(out, {.family = ends.family,
                  .protocol = ends.protocol,
                  .ifindex = ends.ifindex,
                  .port = port,
                  .has_port = (ends.flags & ST_HIT_NO_PORTS) == 0,
                  .address = address,
                  .unix_name = {}});
  };
  put(ends.local, ends.local_port);
  out.put("->");
  put(ends.remote, ends.remote_port);
}

void put_family_alone(Buffer& out, unsigned family) {
  const std::string_view name = family_name(family);
  if (name.empty()) {
    out.put("AF_");
    out.put_number(family);
  } else {
    out.put(name);
  }
}

}  // namespace socketrace
