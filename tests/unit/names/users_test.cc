// SPDX-License-Identifier: BSD-2-Clause
#include "names/users.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

using namespace socketrace;

TEST_CASE("users go by name and by number, the first of a number names it") {
  const std::string path = "/tmp/socketrace-passwd-" + std::to_string(getpid());
  FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs("root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nnot a user\nweb:x:33:33::/:\n",
             file);
  std::fclose(file);
  const Users users = Users::read(path.c_str());
  std::remove(path.c_str());
  CHECK(users.by_name("root") == 0u);
  CHECK(users.by_name("toor") == 0u);
  CHECK(users.by_name("web") == 33u);
  CHECK_FALSE(users.by_name("not a user"));
  CHECK(users.name_of(0) == "root");
  CHECK(users.name_of(33) == "web");
  CHECK(users.name_of(34).empty());
}

TEST_CASE("a file that is not there holds nobody") {
  CHECK_FALSE(Users::read("/nonexistent/passwd").by_name("root"));
}
