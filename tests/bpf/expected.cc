// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bpf/expected.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace scene {
namespace {

using socketrace::AddressPrefix;
using socketrace::CommPattern;
using socketrace::MarkMask;
using socketrace::Match;
using socketrace::PortRange;

// A pair of ends as far as filters look at it.
struct Talk {
  uint16_t family = 0, protocol = 0;
  std::optional<std::array<uint16_t, 2>> ports;
  std::array<Address, 2> ends{};
  bool may_be_ipv4 = false;  // AF_INET6 that is not IPV6_V6ONLY
};
struct Identity {
  std::optional<Talk> sock, packet;
  std::vector<uint32_t> marks, netns;         // of the sock, then of the sk_buff
  uint32_t sock_netns = 0, device_netns = 0;  // 0: unknown
};

bool is_inet(uint16_t family) {
  return family == AF_INET || family == AF_INET6;
}
bool carries_ports(unsigned protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
         protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

// What the headers say; nothing if these are none.
std::optional<Talk> talk_of_headers(const Packet& packet) {
  if (packet.version != 4 && packet.version != 6) return {};
  if (packet.version == 4 && packet.ipv4_words < 5) return {};
  Talk talk;
  talk.family = packet.version == 4 ? AF_INET : AF_INET6;
  talk.protocol = packet.protocol;
  talk.ends = {packet.source, packet.destination};
  talk.may_be_ipv4 = true;
  bool readable = true;
  if (packet.version == 4) {
    readable = !packet.later_fragment;
  } else {
    // Four extension headers are looked through; the fifth stands for what follows.
    for (size_t i = 0; i < packet.extensions.size() && readable; i++) {
      if (i == 4) {
        talk.protocol = packet.extensions[i].number;
        readable = false;
      } else if (packet.extensions[i].later) {
        if (i + 1 < packet.extensions.size()) talk.protocol = packet.extensions[i + 1].number;
        readable = false;
      }
    }
  }
  if ((talk.protocol == IPPROTO_TCP || talk.protocol == IPPROTO_UDP) && !packet.plausible)
    readable = false;
  if (readable && carries_ports(talk.protocol)) talk.ports = {{packet.ports[0], packet.ports[1]}};
  return talk;
}

// Is the IP header where the network header points, or behind the tags that are there?
bool is_there(const Packet& packet) {
  if (!packet.placed) return false;
  const auto is_ip = [](uint16_t ethertype) { return ethertype == 0x0800 || ethertype == 0x86dd; };
  if (is_ip(packet.ethertype)) return true;
  if (packet.ethertype == 0) return packet.route;
  if (!is_vlan(packet.ethertype)) return false;
  if (!packet.received) return true;
  return packet.tags.size() <= 2 && is_ip(packet.tags.back());
}

// IPv4 addresses as ::ffff:a.b.c.d, if they are to be compared with IPv6 ones.
Address in_ipv6(const Talk& talk, size_t end, bool mapped) {
  if (!mapped || talk.family != AF_INET) return talk.ends[end];
  Address address{};
  address[10] = address[11] = 0xff;
  std::copy_n(talk.ends[end].begin(), 4, address.begin() + 12);
  return address;
}
bool is_unspecified(const Address& address) {
  return address == Address{} || address == Address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
}
bool speaks(const Talk& sock, unsigned protocol) {
  return sock.protocol == protocol || sock.protocol == IPPROTO_RAW ||
         (sock.protocol == 262 && protocol == IPPROTO_TCP);
}

enum class Relation { differ, same, of_peer };

// Is `to` where the sock sends from `from`? Either end may be unspecified, either have no ports.
Relation relation_of(const Talk& sock, const Talk& packet) {
  if (!speaks(sock, packet.protocol)) return Relation::differ;
  const bool mapped = sock.family == AF_INET6 && packet.family == AF_INET;
  const bool ports = sock.ports && packet.ports;
  const auto local = sock.ends[0], remote = sock.ends[1];
  const bool connected = (sock.ports && (*sock.ports)[1] != 0) || !is_unspecified(remote);
  for (const size_t own : {0U, 1U}) {  // which of the packet's ends is the sock's own
    bool fits = is_unspecified(local) || local == in_ipv6(packet, own, mapped);
    if (ports && (connected || (*sock.ports)[0] != 0))
      fits = fits && (*sock.ports)[0] == (*packet.ports)[own];
    if (connected) {
      fits = fits && remote == in_ipv6(packet, 1 - own, mapped);
      if (ports) fits = fits && (*sock.ports)[1] == (*packet.ports)[1 - own];
    }
    if (fits) return connected ? Relation::same : Relation::of_peer;
  }
  return Relation::differ;
}

bool is_mini(const Scene& scene) {
  return is_inet(scene.family) && (scene.state == kTimeWait || scene.state == kNewSynRecv);
}

Talk talk_of_sock(const Scene& scene) {
  Talk talk;
  talk.family = scene.family;
  talk.protocol = is_mini(scene) ? static_cast<uint16_t>(IPPROTO_TCP) : scene.protocol;
  if (!is_inet(scene.family)) return talk;
  const bool portless =
      !is_mini(scene) && (scene.type == SOCK_RAW || scene.protocol == IPPROTO_ICMP ||
                          scene.protocol == IPPROTO_ICMPV6);
  const bool given_back = scene.local_port == 0 && !is_mini(scene);
  if (!portless) {
    talk.ports = {{given_back ? scene.source_port : scene.local_port, scene.remote_port}};
  }
  if (scene.family == AF_INET) {
    std::memcpy(talk.ends[0].data(), &scene.local4, 4);
    std::memcpy(talk.ends[1].data(), &scene.remote4, 4);
  } else {
    talk.ends = {scene.local6, scene.remote6};
    talk.may_be_ipv4 = !scene.v6only;
  }
  return talk;
}

// The sock's own ports, if the packet's cannot be read: turned round if it is what the sock
// receives.
void lend_ports(const Talk& sock, Talk& packet) {
  if (packet.ports || !carries_ports(packet.protocol) || !sock.ports ||
      !speaks(sock, packet.protocol))
    return;
  packet.ports = sock.ports;
  const bool mapped = sock.family == AF_INET6 && packet.family == AF_INET;
  if (sock.ends[0] == in_ipv6(packet, 1, mapped) && sock.ends[0] != in_ipv6(packet, 0, mapped))
    std::swap((*packet.ports)[0], (*packet.ports)[1]);
}

Identity identity_of(const Scene& scene) {
  const bool of_skb = scene.kind == ST_KIND_SK_BUFF;
  const bool skb = of_skb ? scene.object : scene.beside;
  bool sock = !of_skb && scene.object && (scene.kind != ST_KIND_SOCKET || scene.socket_sock);
  if (!sock && skb && scene.skb_sock == SkbSock::real) {
    // Of these families a sock stands for a conversation.
    sock = is_inet(scene.family) || scene.family == AF_UNIX || scene.family == AF_NETLINK ||
           scene.family == AF_VSOCK;
  }
  Identity identity;
  const bool known = sock && scene.family != 0;  // else just allocated
  if (known) {
    identity.sock = talk_of_sock(scene);
    identity.marks.push_back(scene.mark);
    identity.sock_netns = scene.has_net ? scene.netns : 0;
    identity.netns.push_back(identity.sock_netns);
  }
  if (!skb) return identity;
  identity.marks.push_back(scene.skb_mark);
  // Numbers below are no network namespace's: the pointer led somewhere else.
  if (scene.device == Device::real && scene.device_netns >= 0xeffffff0) {
    identity.device_netns = scene.device_netns;
  }
  identity.netns.push_back(identity.device_netns);
  if (known && !is_inet(scene.family)) return identity;
  if (is_there(scene.packet)) identity.packet = talk_of_headers(scene.packet);
  if (!known || !identity.packet) return identity;
  // Unless it is the tunnel's own.
  if (!is_mini(scene) && scene.remote_port == 0 && scene.encapsulated &&
      relation_of(*identity.sock, *identity.packet) == Relation::differ) {
    if (const auto inner = talk_of_headers(scene.inner)) {
      identity.sock = inner;
      return identity;
    }
  }
  lend_ports(*identity.sock, *identity.packet);
  return identity;
}

bool has_prefix(const uint8_t* address, const AddressPrefix& prefix) {
  for (unsigned bit = 0; bit < prefix.length; bit++) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((address[bit / 8] ^ prefix.bytes[bit / 8]) & mask) return false;
  }
  return true;
}

// The IPv4 address that an IPv6 one stands for.
const uint8_t* mapped(const Address& address) {
  static constexpr Address kPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool unspecified = address == Address{};
  if (!unspecified && !std::equal(kPrefix.begin(), kPrefix.begin() + 12, address.begin())) {
    return nullptr;
  }
  return &address[12];
}

bool matches(const AddressPrefix& prefix, const Talk& talk) {
  const uint8_t* ends[2] = {talk.ends[0].data(), talk.ends[1].data()};
  if (prefix.ipv6 && talk.family != AF_INET6) return false;
  if (!prefix.ipv6 && talk.family == AF_INET6) {
    ends[0] = mapped(talk.ends[0]), ends[1] = mapped(talk.ends[1]);
    if (!talk.may_be_ipv4 || ends[0] == nullptr || ends[1] == nullptr) return false;
  } else if (!is_inet(talk.family)) {
    return false;
  }
  return has_prefix(ends[0], prefix) || has_prefix(ends[1], prefix);
}

bool matches(const PortRange& range, const Talk& talk) {
  return talk.ports && std::ranges::any_of(*talk.ports, [&](uint16_t port) {
           return port >= range.first && port <= range.last;
         });
}

bool matches(const CommPattern& pattern, const std::string& comm) {
  return pattern.prefix ? comm.starts_with(pattern.text) : comm == pattern.text;
}

template <typename Rules, typename Test>
bool passes(const Rules& rules, Test test) {
  return rules.empty() || std::ranges::any_of(rules, test);
}

// All filters that ask for ends, of one pair of them.
bool ends_pass(const Match& match, const std::optional<Talk>& talk) {
  if (!talk) return false;
  return passes(match.families, [&](uint16_t f) { return talk->family == f; }) &&
         passes(match.protocols,
                [&](uint16_t p) { return is_inet(talk->family) && talk->protocol == p; }) &&
         passes(match.ports,
                [&](const PortRange& r) { return is_inet(talk->family) && matches(r, *talk); }) &&
         passes(match.addresses, [&](const AddressPrefix& a) { return matches(a, *talk); });
}

Ends ends_of(const Talk& talk) {
  Ends ends{.family = talk.family,
            .protocol = talk.protocol,
            .has_ports = talk.ports.has_value(),
            .local = talk.ends[0],
            .remote = talk.ends[1]};
  if (talk.ports) ends.ports = *talk.ports;
  return ends;
}

}  // namespace

bool expected(const Match& match, const Scene& scene, const Task& task) {
  const Identity identity = identity_of(scene);
  const bool asks_for_ends = !match.families.empty() || !match.protocols.empty() ||
                             !match.ports.empty() || !match.addresses.empty();
  return passes(match.pids, [&](uint32_t pid) { return pid == task.tgid; }) &&
         passes(match.uids, [&](uint32_t uid) { return uid == task.uid; }) &&
         passes(match.comms, [&](const CommPattern& p) { return matches(p, task.comm); }) &&
         (!asks_for_ends || ends_pass(match, identity.sock) || ends_pass(match, identity.packet)) &&
         passes(match.marks,
                [&](const MarkMask& m) {
                  return std::ranges::any_of(
                      identity.marks, [&](uint32_t mark) { return (mark & m.mask) == m.value; });
                }) &&
         passes(match.netns, [&](const std::string& written) {
           return std::ranges::any_of(identity.netns,
                                      [&](uint32_t one) { return std::to_string(one) == written; });
         });
}

Told expected_line(const Scene& scene) {
  const Identity identity = identity_of(scene);
  Told told;
  told.netns = identity.device_netns != 0 ? identity.device_netns : identity.sock_netns;
  if (identity.sock_netns != 0 && identity.sock_netns != told.netns) {
    told.sock_netns = identity.sock_netns;
  }
  if (identity.sock) told.ends = ends_of(*identity.sock);
  if (!identity.packet) return told;
  if (!identity.sock) {
    told.ends = ends_of(*identity.packet);
    return told;
  }
  const Relation relation = relation_of(*identity.sock, *identity.packet);
  if (relation == Relation::differ) told.sock = told.ends;
  if (relation != Relation::same) told.ends = ends_of(*identity.packet);
  return told;
}

}  // namespace scene
