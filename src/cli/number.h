// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace socketrace {

// The whole text as a decimal number of at most `max`: digits only, no sign, no space.
std::optional<uint64_t> decimal(std::string_view text, uint64_t max);

// The same, or hexadecimal after 0x.
std::optional<uint64_t> decimal_or_hex(std::string_view text, uint64_t max);

}  // namespace socketrace
