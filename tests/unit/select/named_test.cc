// SPDX-License-Identifier: BSD-2-Clause
#include "select/named.h"

#include <doctest/doctest.h>

using namespace socketrace;

TEST_CASE("a plain list of names is told from a pattern") {
  using Names = std::vector<std::string>;
  CHECK(names_listed("tcp_sendmsg") == Names{"tcp_sendmsg"});
  CHECK(names_listed("a|b_2|c") == Names{"a", "b_2", "c"});
  CHECK(names_listed("").empty());
  CHECK(names_listed("tcp_.*").empty());
  CHECK(names_listed("a||b").empty());
  CHECK(names_listed("|a").empty());
  CHECK(names_listed("(a|b)").empty());
}
