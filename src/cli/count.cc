// SPDX-License-Identifier: BSD-2-Clause
#include "cli/count.h"

#include <array>
#include <chrono>
#include <cstdint>

#include "bpf/contract/count.h"
#include "cli/number.h"
#include "cli/output.h"

namespace socketrace {
namespace {

using What = Count::What;

constexpr std::array<std::string_view, 6> kKeys = {"family", "protocol", "comm",
                                                   "pid",    "port",     "addr"};
static_assert(ST_BY_FAMILY == 0 && ST_BY_ADDR == kKeys.size() - 1);

bool selects_functions(const Selection& selection) {
  return selection.kinds.given || selection.modules.mode != ModuleChoice::Mode::all ||
         !selection.include_pattern.empty() || !selection.exclude_pattern.empty() ||
         !selection.btf_path.empty() || selection.strict;
}

}  // namespace

Result<void> apply_count_what(Invocation& invocation, std::string_view word) {
  if (word == "functions") {
    invocation.count.what = What::functions;
  } else if (word == "calls") {
    invocation.count.what = What::calls;
  } else {
    return Error::usage("nothing to count: want functions, calls, or --by KEY");
  }
  return {};
}

Result<uint32_t> parse_count_key(std::string_view text) {
  for (uint32_t key = 0; key < kKeys.size(); ++key) {
    if (text == kKeys[key]) return key;
  }
  return Error::usage("not a key: want family, protocol, comm, pid, port or addr");
}

Result<std::chrono::milliseconds> parse_interval(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  const auto interval = parse_duration(text);
  if (interval) return *interval;
  return Error::usage("not an interval: want seconds, such as 1 or 0.5, or 0 for one to the end");
}

Result<uint64_t> parse_intervals(std::string_view text) {
  const auto intervals = decimal(text, UINT64_MAX);
  if (!intervals || *intervals == 0) {
    return Error::usage("not a number of intervals: want 1 or more");
  }
  return *intervals;
}

Result<void> check_count(const Invocation& invocation) {
  if (invocation.command != Command::count) return {};
  switch (invocation.count.what) {
    case What::nothing:
      return Error::usage("count: nothing to count: want functions, calls, or --by KEY");
    case What::functions:
      if (!invocation.match.failed) return {};
      return Error::usage("--failed: a hit of a function has no result: want count calls or --by");
    case What::calls:
    case What::keys:
      break;
  }
  if (selects_functions(invocation.selection) || invocation.way != KprobeWay::automatic) {
    return Error::usage("count: functions are selected for 'count functions' only");
  }
  return {};
}

}  // namespace socketrace
