// SPDX-License-Identifier: BSD-2-Clause
#include "host/cpus.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

using namespace socketrace;

TEST_CASE("the first CPU that is online") {
  const std::string path = "/tmp/socketrace-online-" + std::to_string(getpid());
  const auto of = [&](const char* text) {
    std::ofstream(path) << text;
    return first_online_cpu(path);
  };
  CHECK(of("0-7\n") == 0);
  CHECK(of("0\n") == 0);
  CHECK(of("1-3,5\n") == 1);
  CHECK(of("12\n") == 12);
  CHECK(of("") == 0);
  CHECK(of("-\n") == 0);
  std::remove(path.c_str());
  CHECK(first_online_cpu(path) == 0);
}
