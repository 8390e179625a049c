// SPDX-License-Identifier: BSD-2-Clause
// Counts in per-CPU maps, summed over CPUs. One bpf(2) call an entry and no file: works confined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"

namespace socketrace {

class Tallies {
 public:
  // `map_fd` is borrowed: a per-CPU array or hash whose values are `words` numbers of 64 bits. Asks
  // for the number of CPUs now: that reads a file.
  static Result<Tallies> open(int map_fd, size_t key_bytes, size_t words);

  // Of one key; valid until the next call. No such entry: an error.
  Result<std::span<const uint64_t>> read(const void* key);
  // Every entry of a hash that nothing is ever deleted from. What is inserted meanwhile may be left
  // out: the next call has it.
  using Visit = std::function<void(std::span<const std::byte> key, std::span<const uint64_t> sums)>;
  Result<void> read_all(const Visit& visit);

 private:
  Tallies(int map_fd, size_t key_bytes, size_t words, size_t cpus);

  int map_fd_;
  size_t words_;
  std::vector<std::byte> key_;
  std::vector<uint64_t> by_cpu_;
  std::vector<uint64_t> sums_;
};

}  // namespace socketrace
