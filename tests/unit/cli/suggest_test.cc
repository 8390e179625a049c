// SPDX-License-Identifier: BSD-2-Clause
#include "cli/suggest.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace socketrace;

TEST_CASE("the nearest name is suggested, a far one is not") {
  constexpr std::array<std::string_view, 3> kNames = {"--filter-port", "--filter-pid", "--quiet"};
  CHECK(nearest("--filter-prot", kNames) == "--filter-port");
  CHECK(nearest("--filter-pd", kNames) == "--filter-pid");
  CHECK(nearest("--port", kNames).empty());
  CHECK(nearest("--quite", kNames) == "--quiet");
  CHECK(nearest("--frobnicate", kNames).empty());
  CHECK(nearest("", kNames).empty());
  CHECK(nearest(std::string(100000, '-'), kNames).empty());
}
