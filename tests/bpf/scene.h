// SPDX-License-Identifier: BSD-2-Clause
// What a traced argument may lead to, as plain data: made at random, laid out as the kernel's
// structs for the BPF programs, and judged as it stands by expected.cc.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bpf/contract/event.h"

namespace scene {

using Random = std::mt19937_64;
using Address = std::array<uint8_t, 16>;  // IPv4 in the first four

struct Extension {  // of an IPv6 header
  uint8_t number = 0;
  unsigned bytes = 8;
  bool later = false;  // a fragment header with an offset
};

struct Packet {
  bool placed = false;         // skb->network_header says where it is
  uint16_t ethertype = 0;      // skb->protocol; 0: sending, not set yet
  bool route = false;          // there is one: what is sent has its header
  bool received = false;       // the network header stands 14 bytes behind that of Ethernet
  std::vector<uint16_t> tags;  // received: what each VLAN tag in the payload says that follows
  unsigned version = 4;        // 4, 6, or what is no IP
  unsigned ipv4_words = 5;
  bool later_fragment = false;  // IPv4
  std::vector<Extension> extensions;
  uint8_t protocol = 0;
  Address source{}, destination{};
  uint16_t ports[2] = {};
  bool plausible = true;  // what stands there can be a header of that protocol
};

enum class Device { none, garbage, real };
enum class SkbSock { none, small_number, real };

struct Scene {
  st_kind kind = ST_KIND_SOCK;
  bool object = true;       // false: the argument is NULL
  bool beside = false;      // a sock or socket comes with the sk_buff
  bool socket_sock = true;  // struct socket: has a sk
  SkbSock skb_sock = SkbSock::none;
  // the sock
  uint16_t family = 0, type = 0, protocol = 0;
  uint8_t state = 0;
  uint16_t local_port = 0, remote_port = 0;
  uint16_t source_port = 0;          // inet_sport, which stays when local_port is given back
  uint32_t local4 = 0, remote4 = 0;  // network order
  Address local6{}, remote6{};
  bool v6only = false;
  uint32_t mark = 0;
  bool has_net = true;
  uint32_t netns = 0;
  // the sk_buff
  Packet packet;
  bool encapsulated = false;  // it carries `inner`, whose header is at inner_network_header
  Packet inner;
  uint32_t skb_mark = 0;
  Device device = Device::none;
  uint32_t device_netns = 0;
};

constexpr bool is_vlan(uint16_t ethertype) {
  return ethertype == 0x8100 || ethertype == 0x88a8;
}

constexpr uint8_t kTimeWait = 6, kNewSynRecv = 12;  // TCP_*

// What scenes and filters choose from: few values, so that they meet.
Address random_address(Random& random, bool ipv6);
uint16_t random_port(Random& random);
uint16_t random_protocol(Random& random);
uint16_t random_family(Random& random);
uint32_t random_mark(Random& random);
uint32_t random_netns(Random& random);
template <typename T>
T one_of(Random& random, std::initializer_list<T> values) {
  return values.begin()[random() % values.size()];
}
inline bool one_in(Random& random, unsigned n) {
  return random() % n == 0;
}

Scene random_scene(Random& random);
std::string to_string(const Scene& scene);
std::string to_string(const Address& address);

}  // namespace scene
