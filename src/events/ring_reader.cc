// SPDX-License-Identifier: BSD-2-Clause
#include "events/ring_reader.h"

#include <linux/bpf.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace socketrace {
namespace {

constexpr size_t kMostKept = size_t{64} * 1024;  // before space goes back

uint64_t rounded(size_t length) {
  return (uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

template <typename T>
T acquire(const T& place) {
  return __atomic_load_n(&place, __ATOMIC_ACQUIRE);
}

}  // namespace

RingReader::RingReader(uint64_t& consumer, const uint64_t& producer,
                       std::span<const std::byte> data)
    : consumer_(consumer), producer_(producer), data_(data), released_(acquire(consumer)) {}

std::span<const std::byte> RingReader::record_at(uint64_t position, size_t length) {
  const size_t begin = position & (data_.size() - 1);
  const size_t straight = std::min(length, data_.size() - begin);
  if (straight == length) return data_.subspan(begin, length);
  whole_.resize(std::max(whole_.size(), length));
  std::memcpy(whole_.data(), data_.data() + begin, straight);
  std::memcpy(whole_.data() + straight, data_.data(), length - straight);
  return std::span(whole_).first(length);
}

void RingReader::release(uint64_t position) {
  __atomic_store_n(&consumer_, position, __ATOMIC_RELEASE);
  released_ = position;
}

Result<size_t> RingReader::consume(const OnRecord& on_record) {
  const uint64_t portion = std::min<uint64_t>(data_.size() / 8, kMostKept);
  uint64_t position = released_;
  size_t taken = 0;
  for (bool go_on = true; go_on;) {
    const uint64_t end = acquire(producer_);
    if (position == end) break;
    while (go_on && position != end) {
      const auto& header =
          *reinterpret_cast<const uint32_t*>(data_.data() + (position & (data_.size() - 1)));
      const uint32_t word = acquire(header);
      if ((word & BPF_RINGBUF_BUSY_BIT) != 0) {
        go_on = false;
        break;
      }
      const size_t length = word & ~BPF_RINGBUF_DISCARD_BIT;
      if (rounded(length) > end - position) {
        release(position);
        return Error("the ring buffer holds a record that is longer than what was written");
      }
      if ((word & BPF_RINGBUF_DISCARD_BIT) == 0) {
        ++taken;
        go_on = on_record(record_at(position + BPF_RINGBUF_HDR_SZ, length));
      }
      position += rounded(length);
      if (position - released_ >= portion) release(position);
    }
    // Before looking for more: whoever fills an empty ring wakes us, and empty is what we say.
    release(position);
  }
  return taken;
}

}  // namespace socketrace
