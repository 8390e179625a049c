// SPDX-License-Identifier: BSD-2-Clause
// Packets with comments: pcapng, by draft-ietf-opsawg-pcapng (libpcap reads it and does not write
// it). One section with one interface, in the byte order of this machine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/buffer.h"

namespace socketrace::pcapng {

// Section Header Block and Interface Description Block. `link_type`: of pcap-linktype(7);
// `snap_length`: no packet is kept longer.
void put_header(Buffer& out, uint16_t link_type, uint32_t snap_length);

struct Packet {
  int64_t wall_ns = 0;
  std::span<const uint8_t> bytes;  // what was kept
  uint64_t length = 0;             // what it had
  bool inbound = false;
  std::string_view comment;  // UTF-8
};

// Enhanced Packet Block.
void put_packet(Buffer& out, const Packet& packet);

}  // namespace socketrace::pcapng
