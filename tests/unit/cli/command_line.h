// SPDX-License-Identifier: BSD-2-Clause
// A command line for tests, written as one would type it.
#pragma once

#include <string>
#include <vector>

#include "cli/parse.h"

namespace socketrace {

inline Result<Invocation> parse_words(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"socketrace"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

// Splits at spaces; 'single quotes' hold a word together.
inline std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  bool in_word = false, quoted = false;
  for (const char c : line) {
    if (c == ' ' && !quoted) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\'') {
      quoted = !quoted;
    } else {
      words.back() += c;
    }
  }
  return words;
}

}  // namespace socketrace
