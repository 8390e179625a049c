// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <bit>

#include "cli/number.h"

namespace socketrace {

Result<TimestampStyle> parse_timestamp(std::string_view text) {
  if (text == "none") return TimestampStyle::none;
  if (text == "absolute") return TimestampStyle::absolute;
  if (text == "relative") return TimestampStyle::relative;
  if (text == "monotonic") return TimestampStyle::monotonic;
  return Error::usage("not a style of time: want none, absolute, relative or monotonic");
}

Result<KprobeWay> parse_way(std::string_view text) {
  if (text == "kprobe-multi") return KprobeWay::kprobe_multi;
  if (text == "kprobe-event") return KprobeWay::kprobe_event;
  if (text == "kprobe") return KprobeWay::kprobe;
  return Error::usage("not a way to attach: want kprobe-multi, kprobe-event or kprobe");
}

Result<uint64_t> parse_limit(std::string_view text) {
  const auto limit = decimal(text, UINT64_MAX);
  if (!limit) return Error::usage("not a number of lines: want 1 or more, or 0 for no limit");
  return *limit;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr uint64_t kMostSeconds = 100'000'000;  // three years
  const size_t dot = text.find('.');
  const auto seconds = decimal(text.substr(0, dot), kMostSeconds);
  uint64_t thousandths = 0;
  bool right = seconds.has_value();
  if (dot != text.npos) {
    std::string digits(text.substr(dot + 1));
    right = right && !digits.empty() && digits.size() <= 3;
    digits.resize(3, '0');
    const auto fraction = decimal(digits, 999);
    right = right && fraction.has_value();
    thousandths = fraction.value_or(0);
  }
  const auto duration = std::chrono::milliseconds(seconds.value_or(0) * 1000 + thousandths);
  if (!right || duration.count() == 0) {
    return Error::usage("not a duration: want seconds, such as 10 or 2.5, from 0.001 on");
  }
  return duration;
}

Result<uint64_t> parse_buffer_size(std::string_view text) {
  constexpr uint64_t kLargest = 1ULL << 30;
  static constexpr std::string_view kUnits = "KMG";
  unsigned shift = 0;
  if (!text.empty()) {
    const char last = text.back();
    const size_t unit = kUnits.find(last >= 'a' ? static_cast<char>(last - 'a' + 'A') : last);
    if (unit != kUnits.npos) {
      shift = 10 * (static_cast<unsigned>(unit) + 1);
      text.remove_suffix(1);
    }
  }
  const auto size = decimal(text, kLargest >> shift);
  if (!size || *size == 0) {
    return Error::usage("not a buffer size: want bytes, or a number with K, M or G, up to 1G");
  }
  const auto page = static_cast<uint64_t>(std::max(sysconf(_SC_PAGESIZE), 4096L));
  return std::bit_ceil(std::max(*size << shift, page));
}

Result<std::string> parse_path(std::string_view text) {
  if (text.empty()) return Error::usage("empty: want the path of a file");
  return std::string(text);
}

}  // namespace socketrace
