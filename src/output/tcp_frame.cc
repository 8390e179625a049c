// SPDX-License-Identifier: BSD-2-Clause
#include "output/tcp_frame.h"

#include <cstddef>

namespace socketrace {
namespace {

constexpr size_t kEthernet = 14;
constexpr size_t kIp = 20;
constexpr size_t kTcp = 20;
// Of a SYN: maximum segment size, no-operation, window scale (RFC 9293, RFC 7323).
constexpr uint8_t kSynOptions[] = {2, 4, kMostTcpPayload >> 8, kMostTcpPayload & 0xff, 1, 3, 3, 14};

void put16(std::vector<uint8_t>& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
void put32(std::vector<uint8_t>& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}
void put_hardware(std::vector<uint8_t>& out, uint32_t id) {
  put16(out, 0x0200);  // locally administered
  put32(out, id);
}

// The Internet checksum (RFC 1071).
uint64_t sum_of(std::span<const uint8_t> bytes) {
  uint64_t sum = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    sum += at % 2 == 0 ? uint64_t{bytes[at]} << 8 : bytes[at];
  }
  return sum;
}
void set_checksum(std::vector<uint8_t>& out, size_t at, uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  out[at] = static_cast<uint8_t>(~sum >> 8);
  out[at + 1] = static_cast<uint8_t>(~sum);
}

void put_ip(std::vector<uint8_t>& out, const TcpSegment& segment, size_t tcp_length) {
  const size_t start = out.size();
  put16(out, 0x4500);  // version 4, five words of header
  put16(out, kIp + tcp_length);
  put16(out, 0);       // identification: of no fragment
  put16(out, 0x4000);  // don't fragment
  out.push_back(64);   // hops to live
  out.push_back(6);    // TCP
  put16(out, 0);
  put32(out, segment.source.address);
  put32(out, segment.destination.address);
  set_checksum(out, start + 10, sum_of(std::span(out).subspan(start, kIp)));
}

}  // namespace

void build_tcp_frame(std::vector<uint8_t>& frame, const TcpSegment& segment) {
  const bool syn = (segment.flags & kTcpSyn) != 0;
  const size_t head = kTcp + (syn ? sizeof kSynOptions : 0);
  const size_t length = head + segment.payload.size() + segment.missing;
  frame.clear();
  put_hardware(frame, segment.destination.id);
  put_hardware(frame, segment.source.id);
  put16(frame, 0x0800);  // IPv4
  put_ip(frame, segment, length);

  put16(frame, segment.source.port);
  put16(frame, segment.destination.port);
  put32(frame, segment.sequence);
  put32(frame, segment.acknowledged);
  frame.push_back(static_cast<uint8_t>(head / 4 << 4));
  frame.push_back(segment.flags);
  put16(frame, 0xffff);  // window
  put16(frame, 0);       // checksum
  put16(frame, 0);       // urgent
  if (syn) {
    // One by one: of insert() g++ 14 says at -O3 that it writes before the vector's begin.
    for (const uint8_t option : kSynOptions) frame.push_back(option);
  }
  const auto* payload = reinterpret_cast<const uint8_t*>(segment.payload.data());
  frame.insert(frame.end(), payload, payload + segment.payload.size());

  if (segment.missing != 0) return;  // of bytes that nobody knows there is no sum
  constexpr size_t kAddresses = kEthernet + 12;
  const std::span<const uint8_t> bytes(frame);
  set_checksum(
      frame, kEthernet + kIp + 16,
      sum_of(bytes.subspan(kEthernet + kIp)) + sum_of(bytes.subspan(kAddresses, 8)) + 6 + length);
}

}  // namespace socketrace
