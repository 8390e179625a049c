// SPDX-License-Identifier: BSD-2-Clause
#include "format/sockaddr.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "names/families.h"

namespace socketrace {
namespace {

constexpr size_t kFamilyBytes = sizeof(sa_family_t);
constexpr size_t kMostHex = 32;  // bytes of a family that we do not know

// The first `needed` bytes as a T; what lies beyond them is zero.
template <typename T>
std::optional<T> as(const SocketAddress& from, size_t needed) {
  if (from.length < needed || from.bytes.size() < needed) return std::nullopt;
  T whole = {};
  std::memcpy(&whole, from.bytes.data(),
              std::min({sizeof(T), from.bytes.size(), size_t{from.length}}));
  return whole;
}

std::optional<End> inet_end(const SocketAddress& from) {
  const auto in = as<sockaddr_in>(from, offsetof(sockaddr_in, sin_zero));
  if (!in) return std::nullopt;
  End end;
  std::memcpy(end.address.bytes, &in->sin_addr, sizeof(in->sin_addr));
  end.port = ntohs(in->sin_port);
  return end;
}

// Without a scope (RFC 2133) the address is 24 bytes long: SIN6_LEN_RFC2133.
std::optional<End> inet6_end(const SocketAddress& from) {
  const auto in = as<sockaddr_in6>(from, offsetof(sockaddr_in6, sin6_scope_id));
  if (!in) return std::nullopt;
  End end;
  std::memcpy(end.address.bytes, &in->sin6_addr, sizeof(in->sin6_addr));
  end.port = ntohs(in->sin6_port);
  end.ifindex = in->sin6_scope_id;
  return end;
}

std::optional<End> netlink_end(const SocketAddress& from) {
  const auto nl = as<sockaddr_nl>(from, sizeof(sockaddr_nl));
  if (!nl) return std::nullopt;
  End end;
  end.address.netlink = {nl->nl_pid, nl->nl_groups};
  return end;
}

std::optional<End> packet_end(const SocketAddress& from) {
  const auto ll = as<sockaddr_ll>(from, offsetof(sockaddr_ll, sll_hatype));
  if (!ll) return std::nullopt;
  End end;
  end.address.packet = {static_cast<uint32_t>(ll->sll_ifindex), ntohs(ll->sll_protocol)};
  return end;
}

std::optional<End> vsock_end(const SocketAddress& from) {
  const auto vm = as<sockaddr_vm>(from, offsetof(sockaddr_vm, svm_zero));
  if (!vm) return std::nullopt;
  End end;
  end.address.vsock = {vm->svm_cid, vm->svm_port};
  return end;
}

std::optional<End> unix_end(const SocketAddress& from) {
  End end;
  end.unix_name = from.bytes.substr(
      kFamilyBytes, std::min<size_t>(from.length, kFamilyBytes + ST_UNIX_NAME_LEN) - kFamilyBytes);
  return end;
}

std::optional<End> known_end(const SocketAddress& from) {
  switch (from.family()) {
    case AF_INET:
      return inet_end(from);
    case AF_INET6:
      return inet6_end(from);
    case AF_UNIX:
      return unix_end(from);
    case AF_NETLINK:
      return netlink_end(from);
    case AF_PACKET:
      return packet_end(from);
    case AF_VSOCK:
      return vsock_end(from);
    default:
      return std::nullopt;
  }
}

// "AF_CAN:0001", "AF_57:": the family's own bytes, as far as the caller said that there are any.
void put_unknown(Buffer& out, const SocketAddress& from) {
  static constexpr char kHex[] = "0123456789abcdef";
  put_family_alone(out, from.family());
  out.put(':');
  const size_t end = std::min<size_t>(from.bytes.size(), from.length);
  for (size_t i = kFamilyBytes; i < std::min(end, kFamilyBytes + kMostHex); ++i) {
    const auto byte = static_cast<unsigned char>(from.bytes[i]);
    out.put(kHex[byte >> 4]);
    out.put(kHex[byte & 15]);
  }
  if (from.length > kFamilyBytes + kMostHex) out.put("...");
}

}  // namespace

unsigned SocketAddress::family() const {
  sa_family_t family = 0;
  if (has_family()) std::memcpy(&family, bytes.data(), sizeof(family));
  return family;
}

std::optional<End> end_of(const SocketAddress& address) {
  if (!address.has_family()) return std::nullopt;
  std::optional<End> end = known_end(address);
  if (end) {
    end->family = address.family();
    end->protocol = address.protocol;
  }
  return end;
}

void put_sockaddr(Buffer& out, const SocketAddress& address) {
  if (address.read == SocketAddress::Read::null) return out.put("NULL");
  if (address.length < kFamilyBytes) {
    out.put("short(");
    out.put_number(address.length);
    return out.put(')');
  }
  if (!address.has_family()) return out.put("?(EFAULT)");
  if (address.family() == AF_UNSPEC) return out.put("unspec");
  if (const std::optional<End> end = end_of(address)) return put_end(out, *end);
  put_unknown(out, address);
}

}  // namespace socketrace
