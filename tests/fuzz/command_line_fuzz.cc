// SPDX-License-Identifier: BSD-2-Clause
// A command line, its words ended by NULs as in /proc/PID/cmdline: an invocation that keeps what
// the next stages rely on, or a usage error of one line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/parse.h"
#include "invocation_checks.h"

using namespace socketrace;

namespace {

std::vector<std::string> words_of(std::string_view bytes) {
  std::vector<std::string> words = {"socketrace"};
  while (!bytes.empty() && words.size() < 100) {
    const size_t end = std::min(bytes.find('\0'), bytes.size());
    words.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto words = words_of({reinterpret_cast<const char*>(data), size});
  std::vector<const char*> argv;
  argv.reserve(words.size());
  for (const std::string& word : words) argv.push_back(word.c_str());
  const auto invocation = parse_command_line(static_cast<int>(argv.size()), argv.data());
  if (invocation) {
    check_invocation(*invocation);
  } else {
    check_usage_error(invocation.error());
  }
  return 0;
}
