// SPDX-License-Identifier: BSD-2-Clause
#include "events/clock.h"

#include <ctime>
#include <limits>

namespace socketrace {
namespace {

int64_t now_ns(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

int64_t realtime_offset_ns() {
  // We may be preempted between the reads: the tightest pair of monotonic reads around the
  // realtime one wins, and the middle of it is off by at most half its width.
  int64_t best_width = std::numeric_limits<int64_t>::max();
  int64_t offset = 0;
  for (int attempt = 0; attempt < 8; ++attempt) {
    const int64_t before = now_ns(CLOCK_MONOTONIC);
    const int64_t wall = now_ns(CLOCK_REALTIME);
    const int64_t width = now_ns(CLOCK_MONOTONIC) - before;
    if (width >= best_width) continue;
    best_width = width;
    offset = wall - before - width / 2;
  }
  return offset;
}

void WallClock::measure_again(uint64_t time_ns) {
  constexpr uint64_t kSecond = 1'000'000'000;
  offset_ns_ = measure_();
  measure_at_ns_ = time_ns + kSecond;
}

uint64_t monotonic_ns() {
  return static_cast<uint64_t>(now_ns(CLOCK_MONOTONIC));
}

}  // namespace socketrace
