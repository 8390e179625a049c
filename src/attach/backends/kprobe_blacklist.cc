// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/kprobe_blacklist.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

namespace socketrace {
namespace {

// Takes "0x123" off the front of the text.
bool take_hex(std::string_view& text, uint64_t& value) {
  if (!text.starts_with("0x")) return false;
  text.remove_prefix(2);
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || stop == text.data()) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return true;
}

}  // namespace

KprobeBlacklist KprobeBlacklist::parse(std::string_view text) {
  KprobeBlacklist list;
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    Range range{};
    if (!take_hex(line, range.start) || !line.starts_with('-')) continue;
    line.remove_prefix(1);
    if (!take_hex(line, range.end)) continue;
    if (range.start < range.end) list.ranges_.push_back(range);
    while (line.starts_with('\t') || line.starts_with(' ')) line.remove_prefix(1);
    if (!line.empty()) list.names_.emplace(line);
  }
  return list;
}

KprobeBlacklist KprobeBlacklist::load(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

bool KprobeBlacklist::has(const Target& target) const {
  if (target.address == 0 || ranges_.empty()) return names_.contains(target.name);
  return std::ranges::any_of(ranges_, [&](const Range& range) {
    return target.address >= range.start && target.address < range.end;
  });
}

}  // namespace socketrace
