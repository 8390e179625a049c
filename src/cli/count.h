// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// WHAT of `count`.
Result<void> apply_count_what(Invocation& invocation, std::string_view word);

// KEY of --by: enum st_count_by.
Result<uint32_t> parse_count_key(std::string_view text);
// Seconds; 0 is one interval.
Result<std::chrono::milliseconds> parse_interval(std::string_view text);
Result<uint64_t> parse_intervals(std::string_view text);

// Does what is to be counted fit together, and with the other options? True of other commands.
Result<void> check_count(const Invocation& invocation);

}  // namespace socketrace
