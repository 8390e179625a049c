// SPDX-License-Identifier: BSD-2-Clause
// One segment of TCP in an IPv4 packet in an Ethernet frame, as Wireshark would see it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace socketrace {

struct TcpEnd {
  uint32_t id = 0;  // the last four bytes of its Ethernet address, 02:00:...
  uint32_t address = 0;
  uint16_t port = 0;
};

enum TcpFlag : uint8_t {
  kTcpFin = 1,
  kTcpSyn = 2,
  kTcpPush = 8,
  kTcpAck = 16,
};

struct TcpSegment {
  TcpEnd source;
  TcpEnd destination;
  uint32_t sequence = 0;
  uint32_t acknowledged = 0;
  uint8_t flags = 0;  // TcpFlag
  std::span<const std::byte> payload;
  uint32_t missing = 0;  // bytes of payload after these that are not there to be shown
};

// An IPv4 packet has at most 65535 bytes, its headers among them.
constexpr uint32_t kMostTcpPayload = 65535 - 20 - 20;
constexpr uint32_t kMostTcpFrame = 14 + 65535;

// The frame without the missing bytes, though its headers count them.
void build_tcp_frame(std::vector<uint8_t>& frame, const TcpSegment& segment);

}  // namespace socketrace
