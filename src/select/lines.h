// SPDX-License-Identifier: BSD-2-Clause
// Reading the kernel's text files: EINTR-safe, in bounded memory, whatever the bytes are.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace socketrace {

// A line that does not fit in here is no line the kernel wrote (a symbol name has at most 511
// bytes); it is dropped.
inline constexpr size_t kLongestLine = size_t{64} * 1024;

// Calls `on_lines` with runs of whole lines, in order, each line but perhaps the file's last one
// with its '\n'. The error has the path in it.
Result<void> each_run_of_lines(const std::string& path,
                               const std::function<void(std::string_view)>& on_lines);

// The whole file; an error when it is larger than `limit` bytes.
Result<std::string> read_whole(const std::string& path, size_t limit);

// Takes the next line off `rest`, without "\n" or "\r\n"; false at the end.
inline bool next_line(std::string_view& rest, std::string_view& line) {
  if (rest.empty()) return false;
  const size_t end = rest.find('\n');
  line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return true;
}

// Splits the " [module]" or "\t[module]" off the end of a line; empty: none.
inline std::string_view take_module(std::string_view& line) {
  if (line.empty() || line.back() != ']') return {};
  const size_t open = line.rfind('[');
  if (open == std::string_view::npos || open == 0) return {};
  const std::string_view module = line.substr(open + 1, line.size() - open - 2);
  line = line.substr(0, open);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return module;
}

}  // namespace socketrace
