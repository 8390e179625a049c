// SPDX-License-Identifier: BSD-2-Clause
// Messages of `dump` as a file of packets.
#pragma once

#include <cstdint>
#include <memory>

#include "base/buffer.h"
#include "base/result.h"
#include "cli/invocation.h"
#include "events/clock.h"
#include "events/messages.h"

namespace socketrace {

class MessagePackets {
 public:
  // `dump.format`: pcap, pcapng or pcap_tcp.
  static Result<std::unique_ptr<MessagePackets>> open(const Dump& dump, WallClock clock);

  virtual ~MessagePackets() = default;
  virtual void put_header(Buffer& out) = 0;
  // false: nothing of it belongs into the file.
  virtual bool put(Buffer& out, const Message& message) = 0;
  virtual void put_closing(Buffer& /*out*/, const st_closing& /*closing*/) {}
  virtual void put_footer(Buffer& /*out*/) {}
};

}  // namespace socketrace
