// SPDX-License-Identifier: BSD-2-Clause
#include "output/message_packets.h"

#include "output/tcp_packets.h"
#include "output/user_packets.h"

namespace socketrace {

Result<std::unique_ptr<MessagePackets>> MessagePackets::open(const Dump& dump,
                                                             int64_t realtime_offset_ns) {
  if (dump.format == DumpFormat::pcap_tcp) return TcpPackets::open(dump, realtime_offset_ns);
  return open_user_packets(dump, realtime_offset_ns);
}

}  // namespace socketrace
