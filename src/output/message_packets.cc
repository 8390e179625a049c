// SPDX-License-Identifier: BSD-2-Clause
#include "output/message_packets.h"

#include <algorithm>
#include <string_view>

#include "format/message_text.h"

namespace socketrace {
namespace {

constexpr int kLinkTypeUser0 = 147;
constexpr size_t kPidsAt = 1 + ST_UNIX_NAME_LEN;
constexpr size_t kPrefix = kPidsAt + 2 * sizeof(uint64_t);
static_assert(kPrefix == 125);

void set_big_endian(uint8_t* at, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) *at++ = static_cast<uint8_t>(value >> shift);
}

// A path without its NUL; an abstract name from its NUL on.
std::string_view path_of(const st_message& head) {
  std::string_view name = message_name(head);
  if (!name.empty() && name.front() != '\0') name = name.substr(0, name.find('\0'));
  return name;
}

}  // namespace

Result<MessagePackets> MessagePackets::open(uint32_t max_bytes, int64_t realtime_offset_ns) {
  return MessagePackets(TRY(PcapWriter::open(kLinkTypeUser0, kPrefix + max_bytes)),
                        realtime_offset_ns);
}

void MessagePackets::put(Buffer& out, const Message& message) {
  const st_message& head = *message.head;
  const std::string_view path = path_of(head);
  const bool received = (head.flags & ST_MSG_RECV) != 0;
  packet_.assign(kPrefix, 0);
  packet_[0] = static_cast<uint8_t>(path.size());
  std::ranges::copy(path, packet_.begin() + 1);
  set_big_endian(&packet_[kPidsAt], received ? head.tgid : head.peer_tgid);
  set_big_endian(&packet_[kPidsAt + sizeof(uint64_t)], received ? head.peer_tgid : head.tgid);
  const auto* payload = reinterpret_cast<const uint8_t*>(message.payload.data());
  packet_.insert(packet_.end(), payload, payload + message.payload.size());
  const auto length = static_cast<uint64_t>(std::max<int64_t>(head.result, 0));
  writer_.put_packet(out, static_cast<int64_t>(head.head.time_ns) + realtime_offset_ns_, packet_,
                     kPrefix + std::max<uint64_t>(length, message.payload.size()));
}

}  // namespace socketrace
