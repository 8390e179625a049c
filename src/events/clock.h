// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

namespace socketrace {

// CLOCK_REALTIME minus CLOCK_MONOTONIC now.
int64_t realtime_offset_ns();

// CLOCK_MONOTONIC, as st_event.time_ns.
uint64_t monotonic_ns();

// The wall clock at the time of an event. CLOCK_MONOTONIC stands still while the host sleeps, and
// the wall clock is stepped: how far they are apart is measured again for every second of events.
// What happened in the second before is told by the new distance; events keep their order.
class WallClock {
 public:
  using Measure = int64_t (*)();

  // One distance for ever. (Implicit: wherever a clock is wanted, that is one.)
  WallClock(int64_t offset_ns) : offset_ns_(offset_ns) {}  // NOLINT(google-explicit-constructor)
  explicit WallClock(Measure measure) : measure_(measure), offset_ns_(measure()) {}

  // Nanoseconds since 1970; before that less than 0.
  int64_t at(uint64_t time_ns) {
    if (measure_ != nullptr && time_ns >= measure_at_ns_) measure_again(time_ns);
    // Unsigned: a time that no clock could have given must not overflow.
    return static_cast<int64_t>(time_ns + static_cast<uint64_t>(offset_ns_));
  }

 private:
  void measure_again(uint64_t time_ns);

  Measure measure_ = nullptr;
  int64_t offset_ns_;
  uint64_t measure_at_ns_ = 0;
};

}  // namespace socketrace
