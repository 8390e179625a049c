// SPDX-License-Identifier: BSD-2-Clause
#include "run/intervals.h"

#include <poll.h>

#include <algorithm>

namespace socketrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A signal that comes right before the wait does not end it: it is seen this much later.
constexpr milliseconds kLookEvery{100};

// False: stopped.
bool wait_until(steady_clock::time_point when, const std::atomic<int>& stop,
                const std::function<void()>& between) {
  while (stop == 0) {
    const auto left = std::chrono::ceil<milliseconds>(when - steady_clock::now());
    if (left.count() <= 0) return true;
    poll(nullptr, 0, static_cast<int>(std::min(left, kLookEvery).count()));
    between();
  }
  return false;
}

}  // namespace

Result<bool> run_intervals(const Pace& pace, const std::atomic<int>& stop,
                           const std::function<Result<bool>()>& show,
                           const std::function<void()>& between) {
  const auto begin = steady_clock::now();
  auto last = steady_clock::time_point::max();
  if (pace.duration.count() != 0) last = begin + pace.duration;
  auto next = begin;  // whole intervals from the begin on: being late once moves none after it
  for (uint64_t shown = 1;; ++shown) {
    next = pace.interval.count() == 0 ? steady_clock::time_point::max() : next + pace.interval;
    const bool in_time = wait_until(std::min(next, last), stop, between);
    if (!in_time || next >= last || shown == pace.intervals) return true;
    if (!TRY(show())) return false;
  }
}

}  // namespace socketrace
