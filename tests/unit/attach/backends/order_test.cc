// SPDX-License-Identifier: BSD-2-Clause
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "attach/backends/backend.h"
#include "attach/backends/kprobe_blacklist.h"

using namespace socketrace;

namespace {
Target target(std::string name, uint64_t address, std::string module = {}) {
  Target one;
  one.name = std::move(name);
  one.module = std::move(module);
  one.address = address;
  return one;
}
}  // namespace

TEST_CASE("by address in ascending order, the rest by name") {
  const std::vector<Target> targets = {target("c", 30), target("a", 0), target("b", 10),
                                       target("d", 0, "m")};
  const Order order = order_targets(targets);
  CHECK(order.by_address == std::vector<size_t>{2, 0});
  CHECK(order.by_name == std::vector<size_t>{1, 3});
  CHECK(order.skipped.empty());
}

TEST_CASE("one code with two names is probed once") {
  const std::vector<Target> targets = {target("first", 10), target("alias", 10), target("b", 20)};
  const Order order = order_targets(targets);
  CHECK(order.by_address == std::vector<size_t>{0, 2});
  REQUIRE(order.skipped.size() == 1);
  CHECK(order.skipped[0].name == "alias");
  CHECK(order.skipped[0].reason == "the same code as first");
}

TEST_CASE("a name twice without addresses would fail the whole link") {
  const std::vector<Target> targets = {target("x", 0, "m1"), target("x", 0, "m2")};
  const Order order = order_targets(targets);
  CHECK(order.by_name == std::vector<size_t>{0});
  REQUIRE(order.skipped.size() == 1);
  CHECK(order.skipped[0].module == "m2");
}

TEST_CASE("the kprobe blacklist answers by address") {
  const auto list = KprobeBlacklist::parse(
      "0xffffffff81000000-0xffffffff81000010\tasm_exc\n"
      "0xffffffff82000000-0xffffffff82000100\tdo_int3\n");
  CHECK(list.has(target("anything", 0xffffffff81000000)));
  CHECK(list.has(target("anything", 0xffffffff8100000f)));
  CHECK_FALSE(list.has(target("asm_exc", 0xffffffff81000010)));
  CHECK(list.has(target("do_int3", 0)));
  CHECK_FALSE(list.has(target("tcp_sendmsg", 0)));
}

TEST_CASE("the kprobe blacklist with hidden addresses, cut off, or of any bytes") {
  CHECK(KprobeBlacklist::parse("0x0-0x0\tdo_int3\n").has(target("do_int3", 77)));
  const auto odd =
      KprobeBlacklist::parse("0x10-0x20\n0x\n-\n\n0x5\n0x30 0x40\tx\nzz\n0x50-0x60\ty");
  CHECK(odd.has(target("n", 0x10)));
  CHECK(odd.has(target("n", 0x50)));
  CHECK_FALSE(odd.has(target("n", 0x30)));
  CHECK_FALSE(KprobeBlacklist::parse("").has(target("n", 1)));
  CHECK_FALSE(KprobeBlacklist::load("/no/such/file").has(target("n", 1)));
}
