// SPDX-License-Identifier: BSD-2-Clause
#include "host/libcs.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace socketrace;

TEST_CASE("C libraries are known by their names in maps") {
  const std::string place = "7f1c2d000000-7f1c2d026000 r--p 00000000 fe:01 1234    ";
  CHECK(libc_of_mapping(place + "/usr/lib/x86_64-linux-gnu/libc.so.6") ==
        "/usr/lib/x86_64-linux-gnu/libc.so.6");
  CHECK(libc_of_mapping(place + "/lib/x86_64-linux-gnu/libc-2.31.so") ==
        "/lib/x86_64-linux-gnu/libc-2.31.so");
  CHECK(libc_of_mapping(place + "/lib/ld-musl-x86_64.so.1") == "/lib/ld-musl-x86_64.so.1");
  CHECK(libc_of_mapping(place + "/a b/libc.so.6") == "/a b/libc.so.6");
  CHECK(libc_of_mapping(place + "/usr/lib/libcrypto.so.3").empty());
  CHECK(libc_of_mapping(place + "/usr/lib/libc.so.6 (deleted)").empty());
  CHECK(libc_of_mapping(place + "[heap]").empty());
  CHECK(libc_of_mapping("").empty());
}

TEST_CASE("each library in use is found once, through its process's root") {
  namespace fs = std::filesystem;
  std::string root = "/tmp/socketrace-proc-XXXXXX";
  REQUIRE(mkdtemp(root.data()) != nullptr);
  const auto process = [&](const std::string& pid, const std::string& library, bool there) {
    fs::create_directories(root + "/" + pid + "/root/lib");
    std::ofstream maps(root + "/" + pid + "/maps");
    for (int piece = 0; piece < 3; ++piece) maps << "0-1 r--p 0 0:0 1 " << library << "\n";
    if (there) std::ofstream(root + "/" + pid + "/root" + library) << pid;
  };
  process("1", "/lib/libc.so.6", true);
  process("22", "/lib/ld-musl-x86_64.so.1", true);
  process("33", "/lib/libc.so.6", false);  // gone by now
  fs::create_directories(root + "/44/root/lib");
  fs::create_hard_link(root + "/1/root/lib/libc.so.6", root + "/44/root/lib/libc.so.6");
  std::ofstream(root + "/44/maps") << "0-1 r--p 0 0:0 1 /lib/libc.so.6\n";
  process("self", "/lib/libc.so.6", true);  // not a number

  auto found = libcs_in_use(root);
  REQUIRE(found.size() == 2);
  if (found[0].name != "/lib/libc.so.6") std::swap(found[0], found[1]);
  CHECK(found[0].name == "/lib/libc.so.6");
  CHECK(found[1].name == "/lib/ld-musl-x86_64.so.1");
  CHECK(found[1].path == root + "/22/root/lib/ld-musl-x86_64.so.1");
  CHECK(libcs_in_use(root + "/none").empty());
  fs::remove_all(root);
}
