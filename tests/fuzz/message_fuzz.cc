// SPDX-License-Identifier: BSD-2-Clause
// Records of `dump`, as any bytes: messages are put together or refused, a header is one line
// without a control byte, and every format takes them.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "events/messages.h"
#include "format/message_text.h"
#include "output/message_packets.h"
#include "property.h"

using namespace socketrace;

namespace {

// A length, kind and thread that random bytes hardly ever have.
void repair(st_piece& piece, size_t room, uint8_t choice) {
  piece.thread &= 3;
  piece.time_ns &= 3;
  piece.kind = 1 + choice % 3;
  piece.offset &= 0xff;
  piece.length = static_cast<uint32_t>(room);
  if (piece.kind == ST_PIECE_CLOSING) piece.length = sizeof(st_closing);
  if (piece.kind != ST_PIECE_MESSAGE) return;
  piece.length = sizeof(st_message);
  auto& message = reinterpret_cast<st_message&>(piece);
  message.captured &= 0xff;
  message.local_len %= ST_UNIX_NAME_LEN + 1;
  message.peer_len %= ST_UNIX_NAME_LEN + 1;
  // Each byte that was said, and not there, takes its place in a packet: not millions of them.
  message.result &= 0xfffff;
  message.sock &= 7;
  message.peer_sock &= 7;
}

struct Outputs {
  std::vector<std::unique_ptr<MessagePackets>> packets;
  Outputs() {
    for (const DumpFormat format : {DumpFormat::pcap, DumpFormat::pcapng, DumpFormat::pcap_tcp}) {
      Dump dump;
      dump.format = format;
      auto opened = MessagePackets::open(dump, 0);
      MUST(opened.has_value());
      packets.push_back(std::move(*opened));
    }
  }
};

void check_message(const Message& message) {
  MUST(message.payload.size() == message.head->captured);
  for (const DumpFormat format : {DumpFormat::hex, DumpFormat::hexstring, DumpFormat::string}) {
    Buffer out(64);
    MessageText(format, 0).put(out, message);
    const std::string_view text = out.view();
    MUST(text.ends_with('\n'));
    MUST(is_printable(text.substr(0, text.find('\n'))));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Messages messages;
  Outputs outputs;
  Buffer out(64);
  while (size > 2) {
    const bool mend = (data[0] & 1) != 0;
    const uint8_t choice = data[0] >> 1;
    const size_t length = std::min<size_t>(size_t{data[1]} * 2, size - 2);
    const size_t room = mend ? std::max(length, sizeof(st_message)) : length;
    const auto record = std::make_unique<uint64_t[]>(room / 8 + 1);
    std::memcpy(record.get(), data + 2, length);
    data += 2 + length;
    size -= 2 + length;
    if (mend) repair(*reinterpret_cast<st_piece*>(record.get()), room, choice);
    Message message;
    const auto taken =
        messages.take({reinterpret_cast<const std::byte*>(record.get()), room}, message);
    if (taken == Messages::Taken::message) check_message(message);
    for (const auto& one : outputs.packets) {
      if (taken == Messages::Taken::message && message.head->result < 0x100000) {
        one->put(out, message);
      }
      if (taken == Messages::Taken::closing) one->put_closing(out, *message.closing);
    }
    out.clear();
  }
  for (const auto& one : outputs.packets) one->put_footer(out);
  return 0;
}
