// SPDX-License-Identifier: BSD-2-Clause
#include "cli/list.h"

#include <doctest/doctest.h>

using namespace socketrace;

TEST_CASE("lists have no empty elements") {
  using Items = std::vector<std::string_view>;
  CHECK(*split_list("22") == Items{"22"});
  CHECK(*split_list("22,80,443") == Items{"22", "80", "443"});
  CHECK(*split_list(" 22, 80") == Items{" 22", " 80"});
  CHECK(split_list("").error().text() == "empty: want a value");
  for (const char* wrong : {",", "22,", ",22", "22,,23", ",,"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(split_list(wrong));
    CHECK(split_list(wrong).error().text() == "an empty element in the list: want A,B,...");
  }
}
