// SPDX-License-Identifier: BSD-2-Clause
// Messages of `dump` as packets of LINKTYPE_USER0, laid out as sockdump does (mechpen/sockdump,
// sockdump.py): length of the path, the path in 108 bytes, pid of the destination, pid of the
// source, all big endian, then the payload.
#pragma once

#include <cstdint>
#include <vector>

#include "base/buffer.h"
#include "base/result.h"
#include "events/messages.h"
#include "output/pcap.h"

namespace socketrace {

class MessagePackets {
 public:
  static Result<MessagePackets> open(uint32_t max_bytes, int64_t realtime_offset_ns);

  void put_header(Buffer& out) { writer_.put_header(out); }
  void put(Buffer& out, const Message& message);

 private:
  MessagePackets(PcapWriter writer, int64_t realtime_offset_ns)
      : writer_(std::move(writer)), realtime_offset_ns_(realtime_offset_ns) {}

  PcapWriter writer_;
  int64_t realtime_offset_ns_;
  std::vector<uint8_t> packet_;
};

}  // namespace socketrace
