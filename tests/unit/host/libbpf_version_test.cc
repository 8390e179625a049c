// SPDX-License-Identifier: BSD-2-Clause
#include "host/libbpf_version.h"

#include <doctest/doctest.h>

using namespace socketrace;

TEST_CASE("libbpf version: a number, as --version prints it") {
  const std::string_view version = libbpf_version();
  REQUIRE_FALSE(version.empty());
  CHECK(version.find_first_not_of("0123456789.") == std::string_view::npos);
}
