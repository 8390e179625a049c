// SPDX-License-Identifier: BSD-2-Clause
// Latencies counted in powers of two, one histogram a key.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/buffer.h"

namespace socketrace {

class Histograms {
 public:
  // `key`: a printable text. Beyond kMostKeys of them the rest share one.
  void add(std::string_view key, uint64_t microseconds);
  uint64_t total() const { return total_; }
  // The largest first, each with a title, its lines and an empty line.
  void put(Buffer& out) const;

  static constexpr size_t kMostKeys = 4096;
  static constexpr std::string_view kOthers = "others";

 private:
  struct One {
    std::array<uint64_t, 65> buckets{};  // [0]: 0; [n]: 2^(n-1) .. 2^n - 1
    uint64_t count = 0;
  };
  static void put_one(Buffer& out, const One& one);

  std::unordered_map<std::string, One> by_key_;
  uint64_t total_ = 0;
};

}  // namespace socketrace
