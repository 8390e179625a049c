// SPDX-License-Identifier: BSD-2-Clause
// The counters that every object has: struct st_stats, one per CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace socketrace {

struct Totals {
  uint64_t matched = 0;
  uint64_t lost = 0;
  uint64_t stack_failed = 0;
};

class Counters {
 public:
  // `map_fd` is borrowed: `stats` of bpf/tell/emit.h.
  static Result<Counters> open(int map_fd);
  // Sums over CPUs; one bpf(2) call, so not for the hot path.
  Result<Totals> totals() const;
  // Of another per-CPU map of one entry, a struct of nothing but 64-bit counters: the same.
  Result<void> add_up(int map_fd, std::span<uint64_t> words) const;

 private:
  Counters(int map_fd, size_t cpus) : map_fd_(map_fd), cpus_(cpus) {}

  int map_fd_;
  size_t cpus_;  // that could ever be there: one set of counters each
};

}  // namespace socketrace
