// SPDX-License-Identifier: BSD-2-Clause
#include "cli/number.h"

#include <charconv>
#include <system_error>

namespace socketrace {
namespace {

std::optional<uint64_t> whole(std::string_view text, int base, uint64_t max) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data(), end, value, base);
  if (code != std::errc() || stopped != end || value > max) return std::nullopt;
  return value;
}

}  // namespace

std::optional<uint64_t> decimal(std::string_view text, uint64_t max) {
  return whole(text, 10, max);
}

std::optional<uint64_t> decimal_or_hex(std::string_view text, uint64_t max) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  return hex ? whole(text.substr(2), 16, max) : whole(text, 10, max);
}

}  // namespace socketrace
