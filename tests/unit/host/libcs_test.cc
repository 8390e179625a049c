// SPDX-License-Identifier: BSD-2-Clause
#include "host/libcs.h"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "host/elf_function.h"

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

TEST_CASE("each library in use is found once, as it is mapped") {
  namespace fs = std::filesystem;
  std::string root = "/tmp/socketrace-proc-XXXXXX";
  REQUIRE(mkdtemp(root.data()) != nullptr);
  const auto process = [&](const std::string& pid, const std::string& library, bool there) {
    fs::create_directories(root + "/" + pid + "/map_files");
    std::ofstream maps(root + "/" + pid + "/maps");
    for (int piece = 0; piece < 3; ++piece)
      maps << "00400000-7f26000 r--p 0 0:0 1 " << library << "\n";
    if (there) std::ofstream(root + "/" + pid + "/map_files/400000-7f26000") << pid;
  };
  process("1", "/lib/libc.so.6", true);
  process("22", "/lib/ld-musl-x86_64.so.1", true);
  process("33", "/lib/libc.so.6", false);  // gone by now
  fs::create_directories(root + "/44/map_files");
  fs::create_hard_link(root + "/1/map_files/400000-7f26000", root + "/44/map_files/0-1");
  std::ofstream(root + "/44/maps") << "0-1 r--p 0 0:0 1 /lib/libc.so.6\n";
  process("self", "/lib/libc.so.6", true);  // not a number

  auto found = libcs_in_use(root);
  REQUIRE(found.size() == 2);
  if (found[0].name != "/lib/libc.so.6") std::swap(found[0], found[1]);
  CHECK(found[0].name == "/lib/libc.so.6");
  CHECK(found[1].name == "/lib/ld-musl-x86_64.so.1");
  CHECK(found[1].path == root + "/22/map_files/400000-7f26000");
  CHECK(libcs_in_use(root + "/none").empty());
  fs::remove_all(root);
}

TEST_CASE("a C library is opened if it is a regular file that only root may write to") {
  std::string folder = "/tmp/socketrace-libc-XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string file = folder + "/libc.so.6", fifo = folder + "/fifo";
  std::ofstream(file) << "no ELF";
  chmod(file.c_str(), 0666);
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(open_libc(file, Owner::anybody));
  const auto refused = open_libc(file, Owner::root);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text().starts_with("somebody else than root may write to it"));
  const auto waiting = open_libc(fifo, Owner::anybody);  // an open that waits would wait for ever
  REQUIRE_FALSE(waiting);
  CHECK(waiting.error().text() == fifo + " is not a regular file");
  CHECK_FALSE(open_libc(folder + "/none", Owner::anybody));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a function is found in an ELF file, and nothing in what is none") {
  const Fd self(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  REQUIRE(self);
  CHECK_FALSE(offset_of_function(self.get(), "no_such_function_at_all"));
  Dl_info libc{};
  REQUIRE(dladdr(reinterpret_cast<const void*>(&getaddrinfo), &libc) != 0);
  std::string name = "/tmp/socketrace-elf-XXXXXX";
  const Fd junk(mkstemp(name.data()));
  REQUIRE(junk);
  unlink(name.c_str());
  const auto nothing = offset_of_function(junk.get(), "getaddrinfo");
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().text() == "no function getaddrinfo in it");
  if (!std::string_view(libc.dli_fname).ends_with("libc.so.6")) return;  // linked in statically
  const Fd library(open(libc.dli_fname, O_RDONLY | O_CLOEXEC));
  REQUIRE(library);
  const auto found = offset_of_function(library.get(), "getaddrinfo");
  REQUIRE(found);
  // Code lies in the file where it lies in memory, or a page or so apart.
  const auto in_memory =
      reinterpret_cast<uintptr_t>(libc.dli_saddr) - reinterpret_cast<uintptr_t>(libc.dli_fbase);
  CHECK((*found & 0xfff) == (in_memory & 0xfff));
}
