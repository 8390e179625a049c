// SPDX-License-Identifier: BSD-2-Clause
#include "output/message_packets.h"

#include "output/tcp_packets.h"
#include "output/user_packets.h"

namespace socketrace {

Result<std::unique_ptr<MessagePackets>> MessagePackets::open(const Dump& dump, WallClock clock) {
  if (dump.format == DumpFormat::pcap_tcp) return TcpPackets::open(dump, clock);
  return open_user_packets(dump, clock);
}

}  // namespace socketrace
