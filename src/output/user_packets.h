// SPDX-License-Identifier: BSD-2-Clause
// Messages as packets of LINKTYPE_USER0, laid out as sockdump does (mechpen/sockdump, sockdump.py):
// length of the path, the path in 108 bytes, pid of the destination, pid of the source, all big
// endian, then the payload. In pcapng each has a comment that tells all that the text would.
#pragma once

#include <cstdint>
#include <memory>

#include "events/clock.h"
#include "output/message_packets.h"

namespace socketrace {

// `dump.format`: pcap or pcapng.
Result<std::unique_ptr<MessagePackets>> open_user_packets(const Dump& dump, WallClock clock);

}  // namespace socketrace
