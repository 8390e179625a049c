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

namespace scene {
namespace {

using socketrace::AddressPrefix;
using socketrace::CommPattern;
using socketrace::MarkMask;
using socketrace::Match;
using socketrace::PortRange;

// A conversation as far as filters look at it.
struct Talk {
  uint16_t family = 0, protocol = 0;
  std::optional<std::array<uint16_t, 2>> ports;
  std::array<Address, 2> ends{};
  bool may_be_ipv4 = false;  // AF_INET6 that is not IPV6_V6ONLY
};
struct Identity {
  std::optional<Talk> talk;
  std::optional<uint32_t> mark, netns;
};

bool is_inet(uint16_t family) {
  return family == AF_INET || family == AF_INET6;
}
bool carries_ports(unsigned protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
         protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

std::optional<Talk> talk_of(const Packet& packet) {
  if (!packet.placed) return {};
  const unsigned told = packet.ethertype == 0x0800   ? 4
                        : packet.ethertype == 0x86dd ? 6
                        : packet.ethertype == 0      ? packet.version
                                                     : 0;
  if (told != packet.version || (told != 4 && told != 6)) return {};
  if (told == 4 && packet.ipv4_words < 5) return {};
  Talk talk;
  talk.family = told == 4 ? AF_INET : AF_INET6;
  talk.protocol = packet.protocol;
  talk.ends = {packet.source, packet.destination};
  talk.may_be_ipv4 = true;
  bool readable = true;
  if (told == 4) {
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
  if (readable && carries_ports(talk.protocol)) talk.ports = {{packet.ports[0], packet.ports[1]}};
  return talk;
}

Identity identity_of_sock(const Scene& scene) {
  Identity identity;
  if (scene.family == 0) return identity;  // just allocated
  identity.mark = scene.mark;
  identity.netns = scene.has_net ? scene.netns : 0;
  Talk talk;
  talk.family = scene.family;
  talk.protocol = scene.protocol;
  const bool mini =
      is_inet(scene.family) && (scene.state == kTimeWait || scene.state == kNewSynRecv);
  if (mini) talk.protocol = IPPROTO_TCP;
  if (is_inet(scene.family)) {
    const bool portless = !mini && (scene.type == SOCK_RAW || scene.protocol == IPPROTO_ICMP ||
                                    scene.protocol == IPPROTO_ICMPV6);
    if (!portless) talk.ports = {{scene.local_port, scene.remote_port}};
    if (scene.family == AF_INET) {
      std::memcpy(talk.ends[0].data(), &scene.local4, 4);
      std::memcpy(talk.ends[1].data(), &scene.remote4, 4);
    } else {
      talk.ends = {scene.local6, scene.remote6};
      talk.may_be_ipv4 = !scene.v6only;
    }
    // A socket without a remote end: the packet tells where it goes.
    if (scene.kind == ST_KIND_SK_BUFF && !mini && scene.remote_port == 0) {
      if (auto packet = talk_of(scene.packet)) talk = *packet;
    }
  }
  identity.talk = talk;
  return identity;
}

Identity identity_of(const Scene& scene) {
  if (!scene.object) return {};
  switch (scene.kind) {
    case ST_KIND_SOCKET:
      return scene.socket_sock ? identity_of_sock(scene) : Identity{};
    case ST_KIND_SK_BUFF:
      if (scene.skb_sock == SkbSock::real) return identity_of_sock(scene);
      break;
    default:
      return identity_of_sock(scene);
  }
  Identity identity;
  identity.talk = talk_of(scene.packet);
  identity.mark = scene.skb_mark;
  // Numbers below are no network namespace's: the pointer led somewhere else.
  const bool plausible = scene.device == Device::real && scene.device_netns >= 0xeffffff0;
  identity.netns = plausible ? scene.device_netns : 0;
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

}  // namespace

bool expected(const Match& match, const Scene& scene, const Task& task) {
  const Identity identity = identity_of(scene);
  const auto& talk = identity.talk;
  return passes(match.pids, [&](uint32_t pid) { return pid == task.tgid; }) &&
         passes(match.uids, [&](uint32_t uid) { return uid == task.uid; }) &&
         passes(match.comms, [&](const CommPattern& p) { return matches(p, task.comm); }) &&
         passes(match.families, [&](uint16_t f) { return talk && talk->family == f; }) &&
         passes(match.protocols,
                [&](uint16_t p) { return talk && is_inet(talk->family) && talk->protocol == p; }) &&
         passes(match.ports,
                [&](const PortRange& r) {
                  return talk && is_inet(talk->family) && matches(r, *talk);
                }) &&
         passes(match.addresses,
                [&](const AddressPrefix& a) { return talk && matches(a, *talk); }) &&
         passes(match.marks,
                [&](const MarkMask& m) {
                  return identity.mark && (*identity.mark & m.mask) == m.value;
                }) &&
         passes(match.netns, [&](const std::string& written) {
           return identity.netns && std::to_string(*identity.netns) == written;
         });
}

}  // namespace scene
