// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "cli/invocation.h"
#include "events/clock.h"

namespace socketrace {

// The TIME column, of the time of the event (never of printing):
//   absolute   2026-11-20T22:48:00.123456   local time
//   relative   +0.000123                    seconds since the first hit
//   monotonic  12345.678901                 seconds of CLOCK_MONOTONIC
//   time_of_day  22:48:00                   local time; not an option, but what `connect` begins
//   with
class TimeColumn {
 public:
  TimeColumn(TimestampStyle style, WallClock clock);

  void put_header(Buffer& out) const;
  void put(Buffer& out, uint64_t time_ns);

 private:
  void put_absolute(Buffer& out, uint64_t time_ns);
  // Up to the second; the nanoseconds that are left.
  uint64_t put_wall_clock(Buffer& out, uint64_t time_ns);
  void put_relative(Buffer& out, uint64_t time_ns);
  void read_calendar(int64_t second);

  TimestampStyle style_;
  WallClock clock_;
  bool started_ = false;
  uint64_t first_ns_ = 0;
  // The calendar is asked once a second, not once a line.
  int64_t cached_second_ = INT64_MIN;
  char cached_text_[64];
  size_t cached_length_ = 0;
};

}  // namespace socketrace
