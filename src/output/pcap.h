// SPDX-License-Identifier: BSD-2-Clause
// Packets as libpcap writes them, into a buffer: what becomes of it (a file, a pipe that is closed)
// is the sink's to see.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/buffer.h"
#include "base/result.h"

namespace socketrace {

class PcapWriter {
 public:
  // `link_type`: of pcap-linktype(7).
  static Result<PcapWriter> open(int link_type, uint32_t most_bytes);
  PcapWriter(PcapWriter&&) noexcept;
  PcapWriter& operator=(PcapWriter&&) noexcept;
  ~PcapWriter();

  void put_header(Buffer& out);
  // `length` is what the packet had, `bytes` what was kept of it.
  void put_packet(Buffer& out, int64_t wall_ns, std::span<const uint8_t> bytes, uint64_t length);

 private:
  struct State;
  explicit PcapWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace socketrace
