// SPDX-License-Identifier: BSD-2-Clause
// What shapes the output and its transport: styles, limits, sizes, files.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<TimestampStyle> parse_timestamp(std::string_view text);
Result<KprobeWay> parse_way(std::string_view text);

// Seconds, with a fraction or without; not 0.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// A number of hits; 0: no limit.
Result<uint64_t> parse_limit(std::string_view text);

// Bytes, with K, M or G for powers of 1024; rounded up to a power of two of at least one page, as
// the kernel wants its ring buffers.
Result<uint64_t> parse_buffer_size(std::string_view text);

Result<std::string> parse_path(std::string_view text);

}  // namespace socketrace
