// SPDX-License-Identifier: BSD-2-Clause
#include "host/netns.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace socketrace;

namespace {

// Fake /proc and /run/netns: links to our own namespaces stand in for bind mounts.
struct FakeHost {
  FakeHost() {
    std::string text = std::filesystem::temp_directory_path() / "netns-XXXXXX";
    REQUIRE(mkdtemp(text.data()) != nullptr);
    root = text;
    std::filesystem::create_directories(root / "proc/42/ns");
    std::filesystem::create_directories(root / "run/netns");
    std::filesystem::create_directories(root / "var/netns");
    std::filesystem::create_symlink("/proc/self/ns/net", root / "proc/42/ns/net");
    std::filesystem::create_symlink("/proc/self/ns/net", root / "run/netns/blue");
    std::filesystem::create_symlink("/proc/self/ns/net", root / "var/netns/green");
    std::filesystem::create_symlink("/proc/self/ns/uts", root / "run/netns/wrong-kind");
    std::ofstream(root / "run/netns/not-mounted") << "";
    places.proc = root / "proc";
    places.names = {root / "run/netns", root / "var/netns"};
  }
  ~FakeHost() { std::filesystem::remove_all(root); }

  uint32_t inode(const std::string& written) const {
    auto found = netns_inode(written, places);
    if (!found) FAIL(found.error().text());
    return *found;
  }
  std::string usage(const std::string& written) const {
    auto found = netns_inode(written, places);
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().exit_status() == 2);
    return found.error().text();
  }

  std::filesystem::path root;
  NetnsPlaces places;
};

uint32_t own_netns() {
  struct stat status {};
  REQUIRE(stat("/proc/self/ns/net", &status) == 0);
  return static_cast<uint32_t>(status.st_ino);
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a number is the inode itself") {
  const FakeHost host;
  CHECK(host.inode("4026531840") == 4026531840U);
  CHECK(host.inode("4294967295") == 4294967295U);
  CHECK(has(host.usage("0"), "from 1 to 4294967295"));
  CHECK(has(host.usage("4294967296"), "from 1 to 4294967295"));
  CHECK(has(host.usage("99999999999999999999999"), "from 1 to 4294967295"));
}

TEST_CASE("self, pid, path and name lead to the inode") {
  const FakeHost host;
  CHECK(netns_inode("self").value() == own_netns());
  CHECK(host.inode("pid:42") == own_netns());
  CHECK(host.inode("blue") == own_netns());
  CHECK(host.inode("green") == own_netns());
  CHECK(host.inode(host.root / "run/netns/blue") == own_netns());
  CHECK(host.inode("/proc/self/ns/net") == own_netns());
}

TEST_CASE("what does not exist says what was tried") {
  const FakeHost host;
  const std::string text = host.usage("red");
  CHECK(has(text, "--filter-netns 'red'"));
  CHECK(has(text, host.root / "run/netns/red"));
  CHECK(has(text, host.root / "var/netns/red"));
  CHECK(has(text, "pid:N"));
  CHECK(has(host.usage("/no/such/file"), "/no/such/file"));
  CHECK(has(host.usage("pid:43"), "no process 43"));
}

TEST_CASE("malformed names") {
  const FakeHost host;
  for (const char* written : {"", ".", "..", "pid:", "pid:0", "pid:x", "pid:-1", "pid:42x",
                              "pid:99999999999", "pid:../42"}) {
    CHECK(has(host.usage(written), "--filter-netns"));
  }
  CHECK(has(host.usage(std::string("bl\0ue", 5)), "--filter-netns"));
}

TEST_CASE("files that are no network namespace") {
  const FakeHost host;
  CHECK(has(host.usage("not-mounted"), "is not a network namespace"));
  CHECK(has(host.usage("wrong-kind"), "another kind"));
  CHECK(has(host.usage("/dev/null"), "is not a network namespace"));
  CHECK(has(host.usage(host.root), "is not a network namespace"));
}
