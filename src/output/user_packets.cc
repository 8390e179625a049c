// SPDX-License-Identifier: BSD-2-Clause
#include "output/user_packets.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "format/message_text.h"
#include "output/pcap.h"
#include "output/pcapng.h"

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

class Layout {
 public:
  // Until the next one.
  std::span<const uint8_t> packet(const Message& message) {
    const st_message& head = *message.head;
    const std::string_view path = path_of(head);
    const bool received = (head.flags & ST_MSG_RECV) != 0;
    bytes_.assign(kPrefix, 0);
    bytes_[0] = static_cast<uint8_t>(path.size());
    std::ranges::copy(path, bytes_.begin() + 1);
    set_big_endian(&bytes_[kPidsAt], received ? head.tgid : head.peer_tgid);
    set_big_endian(&bytes_[kPidsAt + sizeof(uint64_t)], received ? head.peer_tgid : head.tgid);
    const auto* payload = reinterpret_cast<const uint8_t*>(message.payload.data());
    bytes_.insert(bytes_.end(), payload, payload + message.payload.size());
    return bytes_;
  }
  // With what was not captured.
  static uint64_t whole_length(const Message& message) {
    const auto length = static_cast<uint64_t>(std::max<int64_t>(message.head->result, 0));
    return kPrefix + std::max<uint64_t>(length, message.payload.size());
  }

 private:
  std::vector<uint8_t> bytes_;
};

class AsPcap final : public MessagePackets {
 public:
  AsPcap(PcapWriter writer, WallClock clock) : writer_(std::move(writer)), clock_(clock) {}

  void put_header(Buffer& out) override { writer_.put_header(out); }
  bool put(Buffer& out, const Message& message) override {
    writer_.put_packet(out, clock_.at(message.head->head.time_ns), layout_.packet(message),
                       Layout::whole_length(message));
    return true;
  }

 private:
  PcapWriter writer_;
  WallClock clock_;
  Layout layout_;
};

class AsPcapng final : public MessagePackets {
 public:
  AsPcapng(uint32_t most_bytes, WallClock clock) : most_bytes_(most_bytes), clock_(clock) {}

  void put_header(Buffer& out) override { pcapng::put_header(out, kLinkTypeUser0, most_bytes_); }
  bool put(Buffer& out, const Message& message) override {
    comment_.clear();
    put_message_words(comment_, *message.head);
    pcapng::put_packet(out, {.wall_ns = clock_.at(message.head->head.time_ns),
                             .bytes = layout_.packet(message),
                             .length = Layout::whole_length(message),
                             .inbound = (message.head->flags & ST_MSG_RECV) != 0,
                             .comment = comment_.view()});
    return true;
  }

 private:
  uint32_t most_bytes_;
  WallClock clock_;
  Layout layout_;
  Buffer comment_{512};
};

}  // namespace

Result<std::unique_ptr<MessagePackets>> open_user_packets(const Dump& dump, WallClock clock) {
  const uint32_t most_bytes = kPrefix + dump.max_bytes;
  if (dump.format == DumpFormat::pcapng) {
    return std::unique_ptr<MessagePackets>(new AsPcapng(most_bytes, clock));
  }
  PcapWriter writer = TRY(PcapWriter::open(kLinkTypeUser0, most_bytes));
  return std::unique_ptr<MessagePackets>(new AsPcap(std::move(writer), clock));
}

}  // namespace socketrace
