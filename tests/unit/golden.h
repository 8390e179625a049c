// SPDX-License-Identifier: BSD-2-Clause
// Expected output kept as files in tests/golden. SOCKETRACE_UPDATE_GOLDEN=1 writes them anew; the
// diff in version control is then what a reviewer reads.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace socketrace {

inline std::string read_golden(const std::string& name) {
  std::ifstream file(std::string(SOCKETRACE_GOLDEN "/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void check_golden(const std::string& name, const std::string& actual) {
  if (std::getenv("SOCKETRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream file(std::string(SOCKETRACE_GOLDEN "/") + name, std::ios::binary);
    file << actual;
    REQUIRE(file.flush());
  }
  CHECK(read_golden(name) == actual);
}

}  // namespace socketrace
