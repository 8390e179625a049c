// SPDX-License-Identifier: BSD-2-Clause
// Takes records out of a ring buffer that lies in memory as the kernel lays it out
// (kernel/bpf/ringbuf.c): positions that only grow, and in the data a header of 8 bytes before each
// record, of which the first four are its length and two flags.
//
// libbpf maps the data twice in a row, so that a record never breaks at the end, and each page then
// counts twice as resident memory. Here it is mapped once, and the rare record that breaks is put
// together in a buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"

namespace socketrace {

// Returns false to stop: that record counts as taken.
using OnRecord = std::function<bool(std::span<const std::byte>)>;

class RingReader {
 public:
  // Borrowed for the reader's life. `data` is aligned to 8 bytes, its size a power of two.
  RingReader(uint64_t& consumer, const uint64_t& producer, std::span<const std::byte> data);

  // Takes all that is there, and what arrives meanwhile, in order; number of records. Ends before a
  // record that is still being written. Space goes back to the kernel in portions: the producers
  // look at the same cache line.
  Result<size_t> consume(const OnRecord& on_record);

 private:
  std::span<const std::byte> record_at(uint64_t position, size_t length);
  void release(uint64_t position);

  uint64_t& consumer_;
  const uint64_t& producer_;
  std::span<const std::byte> data_;
  uint64_t released_;
  std::vector<std::byte> whole_;  // a record that breaks at the end of the data
};

}  // namespace socketrace
