// SPDX-License-Identifier: BSD-2-Clause
#include "cli/functions.h"

#include <doctest/doctest.h>

#include <vector>

using namespace socketrace;

TEST_CASE("traced types by the names C gives them") {
  CHECK(*parse_kind("sock") == ST_KIND_SOCK);
  CHECK(*parse_kind("struct sock") == ST_KIND_SOCK);
  CHECK(*parse_kind("struct socket *") == ST_KIND_SOCKET);
  CHECK(*parse_kind("sk_buff") == ST_KIND_SK_BUFF);
  for (const char* wrong : {"", "struct", "struct ", "skb", "Sock", "sock **", "tcp_sock", "all"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(parse_kind(wrong));
    CHECK(parse_kind(wrong).error().text() == "not a traced type: want sock, socket or sk_buff");
  }
}

TEST_CASE("modules: all, none, or names") {
  CHECK(parse_modules("all")->mode == ModuleChoice::Mode::all);
  CHECK(parse_modules("none")->mode == ModuleChoice::Mode::none);
  const auto named = parse_modules("nf-conntrack,sctp");
  CHECK(named->mode == ModuleChoice::Mode::named);
  CHECK(named->names == std::vector<std::string>{"nf_conntrack", "sctp"});
  CHECK(parse_modules(std::string(55, 'm'))->names.size() == 1);
  CHECK_FALSE(parse_modules(std::string(56, 'm')));
  for (const char* wrong :
       {"", ",", "a,", ",a", "a,,b", "all,a", "a,none", "../x", "a b", "a.ko"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_modules(wrong));
  }
}

TEST_CASE("patterns compile before anything is traced") {
  CHECK(*parse_pattern("tcp_(send|recv)msg") == "tcp_(send|recv)msg");
  CHECK(*parse_pattern("[a-z]") == "[a-z]");
  CHECK(parse_pattern("").error().text() ==
        "an empty pattern matches no function: want an RE2 pattern");
  CHECK(parse_pattern("(").error().text() == "not an RE2 pattern: missing )");
  CHECK_FALSE(parse_pattern("a{2000}"));
  CHECK_FALSE(parse_pattern("(?=x)"));
  CHECK_FALSE(parse_pattern("\xff"));
  CHECK(parse_pattern(std::string(65536, 'a')));
}
