// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bpf/scene.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace scene {
namespace {

uint32_t random_ipv4(Random& random) {
  return htonl(one_of<uint32_t>(
      random, {0, 0x7f000001, 0x0a000001, 0x0a000002, 0x0a010203, 0xc0a80001, 0xc0a8ffff,
               0xffffffff, 0x7f000006, static_cast<uint32_t>(random())}));
}

bool is_extension(unsigned number) {
  return number == 0 || number == 43 || number == 44 || number == 51 || number == 60;
}

Packet random_packet(Random& random) {
  Packet packet;
  packet.placed = !one_in(random, 8);
  packet.version = one_of(random, {4U, 4U, 4U, 6U, 6U, 0U, 15U});
  const uint16_t fits = packet.version == 6 ? 0x86dd : 0x0800;
  packet.ethertype = one_of<uint16_t>(
      random, {fits, fits, fits, fits, 0, 0, 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8});
  packet.route = !one_in(random, 3);
  packet.received = one_in(random, 2);
  if (is_vlan(packet.ethertype) && packet.received) {
    while (one_in(random, 2) && packet.tags.size() < 2) packet.tags.push_back(0x8100);
    packet.tags.push_back(one_of<uint16_t>(random, {fits, fits, fits, 0x0806}));
  }
  packet.plausible = !one_in(random, 5);
  packet.ipv4_words = one_of(random, {5U, 5U, 5U, 5U, 6U, 15U, 4U, 0U});
  packet.later_fragment = one_in(random, 6);
  while (one_in(random, 3) && packet.extensions.size() < 6) {
    Extension extension;
    extension.number = one_of<uint8_t>(random, {0, 43, 44, 51, 60});
    extension.bytes = extension.number == 44 ? 8 : one_of(random, {8U, 16U, 24U});
    extension.later = extension.number == 44 && one_in(random, 2);
    packet.extensions.push_back(extension);
  }
  do {
    packet.protocol = static_cast<uint8_t>(random_protocol(random));
  } while (packet.version == 6 &&
           is_extension(packet.protocol));  // one more of these would have to follow
  packet.source = random_address(random, packet.version == 6);
  packet.destination = random_address(random, packet.version == 6);
  packet.ports[0] = random_port(random);
  packet.ports[1] = random_port(random);
  return packet;
}

// The packet is of the sock's connection, in one direction or the other, or nearly so.
void make_them_agree(Scene& scene, Random& random) {
  Packet& packet = scene.packet;
  packet.version = scene.family == AF_INET6 ? one_of(random, {6U, 6U, 4U}) : 4U;
  packet.ethertype = packet.version == 6 ? 0x86dd : 0x0800;
  packet.protocol = static_cast<uint8_t>(scene.protocol == 262 ? 6 : scene.protocol);
  if (is_extension(packet.protocol)) packet.protocol = IPPROTO_TCP;
  packet.extensions.clear();
  packet.source = scene.local6;
  packet.destination = scene.remote6;
  if (packet.version == 4) {
    packet.source = packet.destination = {};
    if (scene.family == AF_INET6) {  // v4-mapped, if it is
      std::memcpy(packet.source.data(), &scene.local6[12], 4);
      std::memcpy(packet.destination.data(), &scene.remote6[12], 4);
    } else {
      std::memcpy(packet.source.data(), &scene.local4, 4);
      std::memcpy(packet.destination.data(), &scene.remote4, 4);
    }
  }
  packet.ports[0] = scene.local_port != 0 ? scene.local_port : scene.source_port;
  packet.ports[1] = scene.remote_port;
  if (one_in(random, 2)) {
    std::swap(packet.source, packet.destination);
    std::swap(packet.ports[0], packet.ports[1]);
  }
  if (one_in(random, 4)) packet.ports[random() % 2] = random_port(random);
  if (one_in(random, 4)) packet.source = random_address(random, packet.version == 6);
}

}  // namespace

Address random_address(Random& random, bool ipv6) {
  Address address{};
  const uint32_t ipv4 = random_ipv4(random);
  if (!ipv6) {
    std::memcpy(address.data(), &ipv4, 4);
    return address;
  }
  switch (random() % 6) {
    case 0:  // unspecified
      break;
    case 1:
      address[15] = 1;
      break;
    case 2:
    case 3:  // v4-mapped
      address[10] = address[11] = 0xff;
      std::memcpy(&address[12], &ipv4, 4);
      break;
    case 4:
      inet_pton(AF_INET6, one_in(random, 2) ? "2001:db8::1" : "2001:db8:0:1::1", address.data());
      break;
    default:
      for (uint8_t& byte : address) byte = static_cast<uint8_t>(random());
  }
  return address;
}

uint16_t random_port(Random& random) {
  return one_of<uint16_t>(random, {0, 22, 22, 80, 443, 1024, 8080, 65535, 5632 /* 22 swapped */,
                                   static_cast<uint16_t>(random())});
}

uint16_t random_protocol(Random& random) {
  return one_of<uint16_t>(
      random, {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP,
               IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_DCCP, IPPROTO_RAW,
               static_cast<uint16_t>(random() % 256)});
}

uint16_t random_family(Random& random) {
  return one_of<uint16_t>(
      random, {AF_INET, AF_INET, AF_INET, AF_INET6, AF_INET6, AF_INET6, AF_UNIX, AF_NETLINK,
               AF_PACKET, 40 /* AF_VSOCK */, 0, static_cast<uint16_t>(random() % 46)});
}

uint32_t random_mark(Random& random) {
  return one_of<uint32_t>(random, {0, 0, 1, 0x10, 0x11, 0xff00, 0x80000000, 0xffffffff,
                                   static_cast<uint32_t>(random())});
}

uint32_t random_netns(Random& random) {
  return one_of<uint32_t>(random, {4026531840, 4026531840, 4026532177, 0xeffffff0, 0xefffffef, 7});
}

Scene random_scene(Random& random) {
  Scene scene;
  scene.kind = static_cast<st_kind>(random() % ST_KIND_COUNT);
  scene.object = !one_in(random, 50);
  scene.socket_sock = !one_in(random, 20);
  scene.skb_sock = one_of(
      random, {SkbSock::none, SkbSock::none, SkbSock::small_number, SkbSock::real, SkbSock::real});
  scene.family = random_family(random);
  scene.type = one_of<uint16_t>(
      random, {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET});
  // MPTCP's number is above 255.
  scene.protocol = one_in(random, 12) ? 262 : random_protocol(random);
  scene.state = one_of<uint8_t>(random, {1, 1, 1, 7, 10, kTimeWait, kNewSynRecv});
  scene.local_port = random_port(random);
  scene.remote_port = random_port(random);
  scene.local6 = random_address(random, true);
  scene.remote6 = random_address(random, true);
  scene.local4 = random_ipv4(random);
  scene.remote4 = random_ipv4(random);
  scene.v6only = one_in(random, 3);
  scene.mark = random_mark(random);
  scene.has_net = !one_in(random, 30);
  scene.netns = random_netns(random);
  scene.source_port = one_in(random, 3) ? 0 : random_port(random);
  scene.packet = random_packet(random);
  scene.inner = random_packet(random);
  scene.encapsulated = one_in(random, 5);
  scene.beside = scene.kind != ST_KIND_SK_BUFF && one_in(random, 2);
  if (one_in(random, 2)) make_them_agree(scene, random);
  scene.skb_mark = random_mark(random);
  scene.device = one_of(random, {Device::real, Device::real, Device::none, Device::garbage});
  scene.device_netns = random_netns(random);
  return scene;
}

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, address.data(), text, sizeof(text));
}

std::string to_string(const Scene& s) {
  static constexpr const char* kKinds[] = {"sock", "socket", "sk_buff"};
  const Packet& p = s.packet;
  std::string text = fmt::format(
      "{}{}{}{} skb_sock={} family={} type={} protocol={} state={} ports={}({}),{} "
      "v4={:08x},{:08x} "
      "v6={},{} v6only={} mark={:#x} net={} netns={} | packet placed={} ethertype={:#x} version={} "
      "words={} fragment={} protocol={} {} -> {} ports={},{} mark={:#x} device={} netns={} "
      "route={} received={} tags={} plausible={} encapsulated={}",
      kKinds[s.kind], s.object ? "" : " NULL", s.socket_sock ? "" : " without sk",
      s.beside ? " beside sk_buff" : "", static_cast<int>(s.skb_sock), s.family, s.type, s.protocol,
      s.state, s.local_port, s.source_port, s.remote_port, ntohl(s.local4), ntohl(s.remote4),
      to_string(s.local6), to_string(s.remote6), s.v6only, s.mark, s.has_net, s.netns, p.placed,
      p.ethertype, p.version, p.ipv4_words, p.later_fragment, p.protocol, to_string(p.source),
      to_string(p.destination), p.ports[0], p.ports[1], s.skb_mark, static_cast<int>(s.device),
      s.device_netns, p.route, p.received, p.tags.size(), p.plausible, s.encapsulated);
  for (const Extension& e : p.extensions) {
    text += fmt::format(" ext={}/{}{}", e.number, e.bytes, e.later ? "/later" : "");
  }
  const Packet& in = s.inner;
  text += fmt::format(" | inner version={} words={} protocol={} {} -> {} ports={},{} plausible={}",
                      in.version, in.ipv4_words, in.protocol, to_string(in.source),
                      to_string(in.destination), in.ports[0], in.ports[1], in.plausible);
  return text;
}

}  // namespace scene
