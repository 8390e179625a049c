// SPDX-License-Identifier: BSD-2-Clause
#include "tests/bpf/image_writer.h"

#include <arpa/inet.h>
#include <bpf/btf.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace scene {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  std::printf("FAIL %s\n", what.c_str());
  std::exit(1);
}

const btf_type* skip_modifiers(const btf* kernel, uint32_t id) {
  const btf_type* type = btf__type_by_id(kernel, id);
  while (btf_is_mod(type) || btf_is_typedef(type)) type = btf__type_by_id(kernel, type->type);
  return type;
}

struct Place {
  uint32_t bit, bits;
  const btf_type* type;
};

// `name` in a struct or union, also inside of its nameless members.
std::optional<Place> find_in(const btf* kernel, const btf_type* type, std::string_view name) {
  const btf_member* members = btf_members(type);
  for (uint32_t i = 0; i < btf_vlen(type); i++) {
    const std::string_view found = btf__name_by_offset(kernel, members[i].name_off);
    const btf_type* of = skip_modifiers(kernel, members[i].type);
    const uint32_t bit = btf_member_bit_offset(type, i);
    if (found == name) {
      uint32_t bits = btf_member_bitfield_size(type, i);
      if (bits == 0 && btf_is_int(of)) bits = of->size * 8;
      if (bits == 0 && btf_is_ptr(of)) bits = 64;
      return Place{bit, bits, of};
    }
    if (!found.empty() || !btf_is_composite(of)) continue;
    if (auto inner = find_in(kernel, of, name)) {
      return Place{inner->bit + bit, inner->bits, inner->type};
    }
  }
  return {};
}

}  // namespace

// `path`: members one inside the other, "nd_net.net".
ImageWriter::Member ImageWriter::find(const char* type, const char* path) const {
  const int id = btf__find_by_name_kind(kernel_, type, BTF_KIND_STRUCT);
  if (id < 0) give_up(std::string("no struct ") + type);
  const btf_type* in = btf__type_by_id(kernel_, static_cast<uint32_t>(id));
  Member member;
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('.'), rest.size());
    const auto place = find_in(kernel_, in, rest.substr(0, end));
    if (!place) give_up(std::string(type) + " has no " + path);
    member = {member.bit + place->bit, place->bits};
    in = place->type;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return member;
}

void ImageWriter::learn(const char* type, const char* path, size_t room) {
  const Member member = find(type, path);
  if (member.bit / 8 + 16 > room) give_up(std::string(type) + "." + path + " is too far behind");
  members_[std::string(type) + "." + path] = member;
}

ImageWriter::ImageWriter(const btf* kernel, image& memory, uint64_t kernel_address)
    : kernel_(kernel), memory_(memory), kernel_address_(kernel_address) {
  for (const char* path :
       {"skc_daddr", "skc_rcv_saddr", "skc_dport", "skc_num", "skc_family", "skc_state",
        "skc_ipv6only", "skc_net.net", "skc_v6_daddr", "skc_v6_rcv_saddr"}) {
    learn("sock_common", path, sizeof(memory.sock));
  }
  for (const char* path : {"sk_type", "sk_protocol", "sk_mark"}) {
    learn("sock", path, sizeof(memory.sock));
  }
  learn("inet_sock", "inet_sport", sizeof(memory.sock));
  learn("inet_request_sock", "ir_mark", sizeof(memory.sock));
  learn("inet_timewait_sock", "tw_mark", sizeof(memory.sock));
  learn("socket", "sk", sizeof(memory.socket));
  for (const char* path : {"sk", "dev", "head", "protocol", "network_header", "mac_header",
                           "inner_network_header", "encapsulation", "_skb_refdst", "mark"}) {
    learn("sk_buff", path, sizeof(memory.skb));
  }
  learn("net_device", "nd_net.net", sizeof(memory.device));
  learn("net", "ns.inum", sizeof(memory.sock_net));
}

uint64_t ImageWriter::address_of(const void* in_image) const {
  return kernel_address_ + static_cast<uint64_t>(static_cast<const uint8_t*>(in_image) -
                                                 reinterpret_cast<const uint8_t*>(&memory_));
}

template <typename T>
void ImageWriter::put(uint8_t* at, const char* name, T value) {
  const Member& member = members_.at(name);
  if (member.bits != 0 && member.bits != sizeof(value) * 8) {
    give_up(std::string(name) + " has another size");
  }
  std::memcpy(at + member.bit / 8, &value, sizeof(value));
}

void ImageWriter::put_bit(uint8_t* at, const char* name, bool value) {
  const uint32_t bit = members_.at(name).bit;
  const auto mask = static_cast<uint8_t>(1U << (bit % 8));
  at[bit / 8] = static_cast<uint8_t>((at[bit / 8] & ~mask) | (value ? mask : 0));
}

void ImageWriter::write_sock(const Scene& scene) {
  uint8_t* sock = memory_.sock;
  put(sock, "sock_common.skc_family", scene.family);
  put(sock, "sock_common.skc_state", scene.state);
  put_bit(sock, "sock_common.skc_ipv6only", scene.v6only);
  put(sock, "sock_common.skc_num", scene.local_port);
  put(sock, "sock_common.skc_dport", htons(scene.remote_port));
  put(sock, "sock_common.skc_rcv_saddr", scene.local4);
  put(sock, "sock_common.skc_daddr", scene.remote4);
  put(sock, "sock_common.skc_v6_rcv_saddr", scene.local6);
  put(sock, "sock_common.skc_v6_daddr", scene.remote6);
  put(sock, "sock_common.skc_net.net", scene.has_net ? address_of(memory_.sock_net) : 0);
  put(memory_.sock_net, "net.ns.inum", scene.netns);
  const bool inet = scene.family == AF_INET || scene.family == AF_INET6;
  // Of mini sockets nothing else is theirs: what lies behind them stays noise.
  if (inet && scene.state == kNewSynRecv) {
    put(sock, "inet_request_sock.ir_mark", scene.mark);
  } else if (inet && scene.state == kTimeWait) {
    put(sock, "inet_timewait_sock.tw_mark", scene.mark);
  } else {
    put(sock, "inet_sock.inet_sport", htons(scene.source_port));
    put(sock, "sock.sk_type", scene.type);
    put(sock, "sock.sk_protocol", scene.protocol);
    put(sock, "sock.sk_mark", scene.mark);
  }
}

void ImageWriter::write_packet(const Scene& scene) {
  const Packet& packet = scene.packet;
  const uint16_t offset = packet.placed ? 64 : (scene.mark & 1) != 0 ? 0 : 0xffff;
  put(memory_.skb, "sk_buff.head", address_of(memory_.packet));
  put(memory_.skb, "sk_buff.network_header", offset);
  put(memory_.skb, "sk_buff.protocol", htons(packet.ethertype));
  put(memory_.skb, "sk_buff.mark", scene.skb_mark);
  const uint16_t mac = packet.received ? offset - 14 : (scene.mark & 2) != 0 ? offset - 18 : 0xffff;
  put(memory_.skb, "sk_buff.mac_header", mac);
  put(memory_.skb, "sk_buff._skb_refdst", packet.route ? uint64_t{1} : uint64_t{0});
  put_bit(memory_.skb, "sk_buff.encapsulation", scene.encapsulated);
  put(memory_.skb, "sk_buff.inner_network_header", uint16_t{512});
  uint64_t sk = 0;
  if (scene.skb_sock == SkbSock::real) sk = address_of(memory_.sock);
  if (scene.skb_sock == SkbSock::small_number) sk = 1480;  // ip_defrag_offset, until 5.11
  put(memory_.skb, "sk_buff.sk", sk);
  uint64_t device = 0;
  if (scene.device == Device::garbage) device = 0x0000002a00000040;  // dev_scratch
  if (scene.device == Device::real) device = address_of(memory_.device);
  put(memory_.skb, "sk_buff.dev", device);
  put(memory_.device, "net_device.nd_net.net", address_of(memory_.device_net));
  put(memory_.device_net, "net.ns.inum", scene.device_netns);

  uint8_t* at = memory_.packet + 64;
  if (is_vlan(packet.ethertype) && packet.received) {
    for (const uint16_t follows : packet.tags) {
      const uint16_t tag[2] = {htons(0x4567),
                               htons(follows)};  // looks like the start of an IP header
      std::memcpy(at, tag, sizeof(tag));
      at += sizeof(tag);
    }
  }
  write_headers(packet, at);
  write_headers(scene.inner, memory_.packet + 512);
}

void ImageWriter::write_headers(const Packet& packet, uint8_t* at) {
  uint8_t* next = nullptr;
  if (packet.version == 6) {
    at[0] = 0x60;
    std::memcpy(at + 8, packet.source.data(), 16);
    std::memcpy(at + 24, packet.destination.data(), 16);
    next = &at[6];
    at += 40;
  } else {
    at[0] = static_cast<uint8_t>(packet.version << 4 | packet.ipv4_words);
    at[6] = packet.later_fragment ? 0x20 : 0x40;  // more fragments; do not fragment
    at[7] = packet.later_fragment ? 0xb9 : 0;
    std::memcpy(at + 12, packet.source.data(), 4);
    std::memcpy(at + 16, packet.destination.data(), 4);
    next = &at[9];
    at += 4UL * packet.ipv4_words;
  }
  if (packet.version == 6) {
    for (const Extension& extension : packet.extensions) {
      *next = extension.number;
      std::memset(at, 0, extension.bytes);
      next = &at[0];
      // RFC 4302: the authentication header counts words of four, less two.
      at[1] = static_cast<uint8_t>(extension.number == 51 ? extension.bytes / 4 - 2
                                                          : extension.bytes / 8 - 1);
      if (extension.number == 44) at[2] = extension.later ? 0x05 : 0, at[3] = 1;
      at += extension.bytes;
    }
  }
  *next = packet.protocol;
  if (packet.version != 6 && packet.ipv4_words < 5) return;  // the ports would be in the addresses
  const uint16_t ports[2] = {htons(packet.ports[0]), htons(packet.ports[1])};
  std::memcpy(at, ports, sizeof(ports));
  if (packet.protocol == IPPROTO_TCP) at[12] = packet.plausible ? 0x50 : 0x40;
  if (packet.protocol == IPPROTO_UDP) at[4] = 0, at[5] = packet.plausible ? 8 : 7;
  // No error, which would quote another packet.
  if (packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6) at[0] = 0;
}

Arguments ImageWriter::write(const Scene& scene, Random& random) {
  // Noise that no pointer check takes for a kernel address: what is read by mistake shows.
  auto* words = reinterpret_cast<uint64_t*>(&memory_);
  for (size_t i = 0; i < offsetof(image, device) / 8; i++) words[i] = random() >> 17;
  write_sock(scene);
  put(memory_.socket, "socket.sk", scene.socket_sock ? address_of(memory_.sock) : 0);
  write_packet(scene);
  Arguments arguments;
  if (scene.object) {
    arguments.object =
        address_of(scene.kind == ST_KIND_SOCK     ? static_cast<const void*>(memory_.sock)
                   : scene.kind == ST_KIND_SOCKET ? memory_.socket
                                                  : memory_.skb);
  }
  if (scene.beside) arguments.packet = address_of(memory_.skb);
  return arguments;
}

}  // namespace scene
