// SPDX-License-Identifier: BSD-2-Clause
// What must hold for any input. A breach ends the program, which is how libFuzzer learns of it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#define MUST(...)                                                                    \
  do {                                                                               \
    if (!(__VA_ARGS__)) {                                                            \
      std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #__VA_ARGS__); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)

namespace socketrace {

inline bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace socketrace
