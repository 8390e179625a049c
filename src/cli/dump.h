// SPDX-License-Identifier: BSD-2-Clause
// Words of `dump`.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<void> apply_dump_pattern(Invocation& invocation, std::string_view word);
// "stream", "dgram", "seqpacket"; may be given again.
Result<void> apply_dump_type(Invocation& invocation, std::string_view word);
// "send", "recv", "both"
Result<void> apply_dump_side(Invocation& invocation, std::string_view word);

Result<DumpFormat> parse_dump_format(std::string_view text);
// Of pcap-tcp's servers.
Result<uint16_t> parse_dump_port(std::string_view text);
// Of a message: bytes, or with K or M, up to 1M.
Result<uint32_t> parse_dump_bytes(std::string_view text);

// Formats that have no place for what is asked for.
Result<void> check_dump_conflicts(const Invocation& invocation);

}  // namespace socketrace
