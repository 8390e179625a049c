// SPDX-License-Identifier: BSD-2-Clause
#include "run/count_show.h"

#include "events/clock.h"
#include "run/intervals.h"

namespace socketrace {

CountShow::CountShow(const Invocation& in, Sink& sink, Take take)
    : in_(in),
      sink_(sink),
      take_(std::move(take)),
      time_(in.view.timestamp, WallClock(realtime_offset_ns)) {}

bool CountShow::ended() const {
  return sink_.closed() || (in_.view.limit_lines != 0 && lines_ >= in_.view.limit_lines);
}

Result<bool> CountShow::show() {
  const std::vector<std::string> lines = TRY(take_());
  time_.put(sink_.buffer(), monotonic_ns());
  for (const std::string& line : lines) {
    if (ended()) break;
    sink_.buffer().put(line);
    ++lines_;
    TRY(sink_.line_done());
  }
  TRY(sink_.flush());
  return !ended();
}

Result<void> CountShow::run(const std::atomic<int>& stop, const std::function<void()>& between) {
  const Pace pace{in_.count.interval, in_.count.intervals, in_.view.duration};
  TRY(run_intervals(
      pace, stop, [this] { return show(); }, between));
  return {};
}

Result<void> CountShow::last() {
  if (!ended()) TRY(show());
  return sink_.finish();
}

}  // namespace socketrace
