// SPDX-License-Identifier: BSD-2-Clause
#include "format/timestamp.h"

#include <cstring>
#include <ctime>

#include "base/decimal.h"

namespace socketrace {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMicrosecond = 1'000;

// Of what is usual; a longer text moves the rest of its line, nothing is cut.
size_t width_of(TimestampStyle style) {
  switch (style) {
    case TimestampStyle::absolute:
      return 26;
    case TimestampStyle::relative:
      return 14;
    case TimestampStyle::monotonic:
      return 16;
    case TimestampStyle::time_of_day:
      return 9;
    case TimestampStyle::none:
      break;
  }
  return 0;
}

// ".123456"
void put_fraction(Buffer& out, uint64_t ns) {
  const auto microseconds = static_cast<uint32_t>(ns / kMicrosecond);
  char text[7] = {'.'};
  std::memcpy(text + 1, &decimal::kPairs[2 * size_t{microseconds / 10000}], 2);
  std::memcpy(text + 3, &decimal::kPairs[2 * size_t{microseconds / 100 % 100}], 2);
  std::memcpy(text + 5, &decimal::kPairs[2 * size_t{microseconds % 100}], 2);
  out.put(std::string_view(text, sizeof(text)));
}

void put_seconds(Buffer& out, uint64_t ns) {
  out.put_number(ns / kSecond);
  put_fraction(out, ns % kSecond);
}

}  // namespace

TimeColumn::TimeColumn(TimestampStyle style, WallClock clock) : style_(style), clock_(clock) {
  // Reads /etc/localtime now: while hits are shown no file can be opened (sandbox/confine.h).
  if (style == TimestampStyle::absolute || style == TimestampStyle::time_of_day) tzset();
}

void TimeColumn::put_header(Buffer& out) const {
  if (style_ == TimestampStyle::none) return;
  const size_t start = out.size();
  out.put("TIME");
  out.pad_to(start, width_of(style_));
  out.put(' ');
}

void TimeColumn::put(Buffer& out, uint64_t time_ns) {
  const size_t start = out.size();
  switch (style_) {
    case TimestampStyle::none:
      return;
    case TimestampStyle::absolute:
      put_absolute(out, time_ns);
      break;
    case TimestampStyle::relative:
      put_relative(out, time_ns);
      break;
    case TimestampStyle::monotonic:
      put_seconds(out, time_ns);
      break;
    case TimestampStyle::time_of_day:
      put_wall_clock(out, time_ns);
      break;
  }
  out.pad_to(start, width_of(style_));
  out.put(' ');
}

void TimeColumn::put_absolute(Buffer& out, uint64_t time_ns) {
  put_fraction(out, put_wall_clock(out, time_ns));
}

uint64_t TimeColumn::put_wall_clock(Buffer& out, uint64_t time_ns) {
  const auto wall = clock_.at(time_ns);
  int64_t second = wall / int64_t{kSecond};
  int64_t rest = wall % int64_t{kSecond};
  if (rest < 0) {
    rest += int64_t{kSecond};
    --second;
  }
  if (second != cached_second_) read_calendar(second);
  out.put({cached_text_, cached_length_});
  return static_cast<uint64_t>(rest);
}

void TimeColumn::put_relative(Buffer& out, uint64_t time_ns) {
  if (!started_) {
    started_ = true;
    first_ns_ = time_ns;
  }
  // A record may carry an earlier time than the one before it: the clock is read before the place
  // in the ring is taken.
  const bool before = time_ns < first_ns_;
  out.put(before ? '-' : '+');
  put_seconds(out, before ? first_ns_ - time_ns : time_ns - first_ns_);
}

void TimeColumn::read_calendar(int64_t second) {
  cached_second_ = second;
  const auto time = static_cast<time_t>(second);
  tm calendar = {};
  if (localtime_r(&time, &calendar) != nullptr) {
    const char* const form =
        style_ == TimestampStyle::time_of_day ? "%H:%M:%S" : "%Y-%m-%dT%H:%M:%S";
    cached_length_ = strftime(cached_text_, sizeof(cached_text_), form, &calendar);
  } else {  // a year that does not fit an int
    cached_length_ = static_cast<size_t>(
        std::to_chars(cached_text_, cached_text_ + sizeof(cached_text_), second).ptr -
        cached_text_);
  }
}

}  // namespace socketrace
