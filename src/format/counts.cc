// SPDX-License-Identifier: BSD-2-Clause
#include "format/counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <tuple>

namespace socketrace {
namespace {

constexpr std::string_view kCount = "COUNT";
constexpr std::array<std::string_view, ST_OP_COUNT> kOperations = {"accept", "connect", "bind",
                                                                   "socket", "send",    "receive"};
static_assert(!kOperations.back().empty());

TimestampStyle column_style(TimestampStyle style) {
  return style == TimestampStyle::none ? TimestampStyle::absolute : style;
}

}  // namespace

IntervalTime::IntervalTime(TimestampStyle style, WallClock clock)
    : clock_(style == TimestampStyle::none), column_(column_style(style), clock) {}

void IntervalTime::put(Buffer& out, uint64_t time_ns) {
  Buffer text(64);
  column_.put(text, time_ns);
  std::string_view shown = text.view();
  while (shown.ends_with(' ')) shown.remove_suffix(1);
  if (clock_) {  // "2026-11-20T22:48:00.123456": the clock in it, to the second
    const size_t start = shown.find('T');
    if (start != shown.npos) shown = shown.substr(start + 1, sizeof("22:48:00") - 1);
  }
  out.put(shown);
  out.put('\n');
}

void sort_counted(std::vector<Counted>& counted) {
  std::ranges::sort(counted, [](const Counted& a, const Counted& b) {
    return std::tie(b.count, a.name) < std::tie(a.count, b.name);
  });
}

std::vector<std::string> function_lines(std::vector<Counted> counted) {
  std::vector<std::string> lines;
  if (counted.empty()) return lines;
  sort_counted(counted);
  const size_t width = std::max(kCount.size(), fmt::formatted_size("{}", counted.front().count));
  lines.push_back(fmt::format("{:>{}} FUNCTION\n", kCount, width));
  for (const Counted& one : counted) {
    lines.push_back(fmt::format("{:>{}} {}\n", one.count, width, one.name));
  }
  return lines;
}

std::vector<std::string> operation_lines(const std::array<st_operations, ST_OP_COUNT>& counted) {
  // Only these move bytes.
  const auto moves = [](size_t op) { return op == ST_OP_SEND || op == ST_OP_RECEIVE; };
  std::vector<size_t> order;
  for (size_t op = 0; op < ST_OP_COUNT; ++op) {
    if (counted[op].calls != 0) order.push_back(op);
  }
  std::ranges::stable_sort(order, std::greater(), [&](size_t op) { return counted[op].calls; });

  std::vector<std::string> lines;
  if (order.empty()) return lines;
  lines.push_back(fmt::format("{:>10} {:>8} {:>14} OPERATION\n", kCount, "ERRORS", "BYTES"));
  for (const size_t op : order) {
    const st_operations& one = counted[op];
    const std::string bytes = moves(op) ? fmt::format("{}", one.bytes) : std::string("-");
    lines.push_back(
        fmt::format("{:>10} {:>8} {:>14} {}\n", one.calls, one.errors, bytes, kOperations[op]));
  }
  return lines;
}

}  // namespace socketrace
