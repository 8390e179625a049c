// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/event_files.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "attach/backends/event_group.h"
#include "attach/backends/stale_events.h"

using namespace socketrace;

namespace {

// A tracefs of plain files: commands pile up in kprobe_events, which the real one carries out.
struct FakeTracefs {
  std::filesystem::path root;
  KernelFiles files;

  FakeTracefs() {
    char path[] = "/tmp/socketrace-tracefs-XXXXXX";
    REQUIRE(mkdtemp(path) != nullptr);
    root = path;
    const std::ofstream empty(root / "kprobe_events");
    std::ofstream(root / "kallsyms") << "0000000000000000 A fixed_percpu_data\n"
                                        "ffffffff81000000 T startup_64\n"
                                        "ffffffff81000000 T _stext\n"
                                        "ffffffff81000000 T _text\n";
    files.tracefs = {(root / "none").string(), root.string()};
    files.kallsyms = (root / "kallsyms").string();
  }
  ~FakeTracefs() { std::filesystem::remove_all(root); }

  std::string events() const {
    std::ifstream file(root / "kprobe_events");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void put(const std::string& text) const { std::ofstream(root / "kprobe_events") << text; }
};

// Of a child that has ended and was waited for.
uint64_t dead_pid() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  return static_cast<uint64_t>(child);
}

Target target(uint64_t address, std::string module = {}) {
  Target target{.name = "f", .module = std::move(module), .type_name = "sock"};
  target.address = address;
  return target;
}

}  // namespace

TEST_CASE("events of numbered groups, whatever else is listed") {
  const auto events = numbered_events(
      "p:socketrace_12/sock_1_0 _text+16\n"
      "p:kprobes/mine tcp_sendmsg\n"
      "p:socketrace_12/sock_1_0 _text+32\n"
      "r4:socketrace_4194313/skb_1_1 _text+64\n"
      "p:socketrace_test/tcp_ack tcp_ack\n"
      "p:socketrace_/a b\np:socketrace_0/a b\np:socketrace_12x/a b\np:socketrace_99\n"
      "p:socketrace_99999999999999999999/a b\nsocketrace_7/a\n\np: \n:");
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == "socketrace_12/sock_1_0");
  CHECK(events[0].owner == 12);
  CHECK(events[0].probes == 2);
  CHECK(events[1].name == "socketrace_4194313/skb_1_1");
  CHECK(events[1].owner == 4194313);
}

TEST_CASE("a place by offset, or by name where the address is unknown or below") {
  CHECK(probe_place(target(0x1010), 0x1000) == "_text+16");
  CHECK(probe_place(target(0x1010), 0) == "f");
  CHECK(probe_place(target(0x10), 0x1000) == "f");
  CHECK(probe_place(target(0, "sctp"), 0x1000) == "sctp:f");
}

TEST_CASE("a group defines probes under our pid and removes its events") {
  const FakeTracefs fake;
  const std::string name = fmt::format("socketrace_{}", getpid());
  {
    auto group = EventGroup::claim(fake.files);
    REQUIRE(group.has_value());
    CHECK(group->define("sock_1_0", target(0xffffffff81000020)) == 0);
    CHECK(group->define("sock_1_0", target(0xffffffff81000030)) == 0);
    CHECK(group->define("sock_2_1", target(0xffffffff81000040)) == 0);
    CHECK(fake.events() == fmt::format("p:{0}/sock_1_0 _text+32\np:{0}/sock_1_0 _text+48\n"
                                       "p:{0}/sock_2_1 _text+64\n",
                                       name));
    fake.put("");
  }
  CHECK(fake.events() == fmt::format("-:{0}/sock_2_1\n-:{0}/sock_1_0\n", name));
}

TEST_CASE("two groups of one pid do not share a name") {
  const FakeTracefs fake;
  auto one = EventGroup::claim(fake.files);
  auto two = EventGroup::claim(fake.files);
  REQUIRE((one && two));
  CHECK(one->define("a", target(0)) == 0);
  CHECK(two->define("a", target(0)) == 0);
  CHECK(fake.events() ==
        fmt::format("p:socketrace_{}/a f\np:socketrace_{}/a f\n", getpid(), getpid() + (1 << 22)));
}

TEST_CASE("no tracefs is an error that names it") {
  KernelFiles files;
  files.tracefs = {"/nonexistent/a", "/nonexistent/b"};
  auto group = EventGroup::claim(files);
  REQUIRE_FALSE(group.has_value());
  CHECK(group.error().text() == "/nonexistent/a/kprobe_events: No such file or directory");
}

TEST_CASE("only what the dead left is removed") {
  const FakeTracefs fake;
  const uint64_t dead = dead_pid();
  const std::string listing =
      fmt::format("p:socketrace_{0}/a f\np:socketrace_{0}/a g\np:socketrace_{1}/a f\np:mine/a f\n",
                  dead, getppid());
  fake.put(listing);
  CHECK(remove_stale_events({}, fake.files) == 2);
  CHECK(fake.events() == fmt::format("{}-:socketrace_{}/a\n", listing, dead));

  // Dead by its pid here, alive by its lock: a process of another pid namespace.
  fake.put(listing);
  auto files = open_event_files(fake.files);
  REQUIRE(files.has_value());
  REQUIRE(lock_owner(files->commands, dead));
  CHECK(remove_stale_events({}, fake.files) == 0);
  CHECK(fake.events() == listing);
}
