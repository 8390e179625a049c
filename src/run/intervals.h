// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "base/result.h"

namespace socketrace {

struct Pace {
  std::chrono::milliseconds interval{1000};  // 0: one, as long as it takes
  uint64_t intervals = 0;                    // end after so many; 0: never
  std::chrono::milliseconds duration{0};     // end after so long; 0: never
};

// Calls `show` at the end of each interval until it says false, the pace is done or somebody stops
// us. Then one interval is left to show, cut short or not: the caller's, once nothing counts any
// more. False: `show` has had the last word.
// `between` is called every now and then.
Result<bool> run_intervals(const Pace& pace, const std::atomic<int>& stop,
                           const std::function<Result<bool>()>& show,
                           const std::function<void()>& between);

}  // namespace socketrace
