// SPDX-License-Identifier: BSD-2-Clause
// What `count` prints for an interval: a line with the time, then the counts, largest first.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "bpf/contract/count.h"
#include "cli/invocation.h"
#include "events/clock.h"
#include "format/timestamp.h"

namespace socketrace {

// The line that opens an interval: "17:15:58", or as --timestamp says.
class IntervalTime {
 public:
  IntervalTime(TimestampStyle style, WallClock clock);
  void put(Buffer& out, uint64_t time_ns);

 private:
  bool clock_;
  TimeColumn column_;
};

struct Counted {
  std::string name;  // escaped
  uint64_t count = 0;
};
// Largest first, then by name.
void sort_counted(std::vector<Counted>& counted);

// "COUNT FUNCTION", and "  214 tcp_sendmsg" for each; nothing when there is none. Whole lines.
std::vector<std::string> function_lines(std::vector<Counted> counted);

// "COUNT ERRORS BYTES OPERATION", and a line for each operation that took place.
std::vector<std::string> operation_lines(const std::array<st_operations, ST_OP_COUNT>& counted);

}  // namespace socketrace
