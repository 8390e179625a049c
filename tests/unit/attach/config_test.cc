// SPDX-License-Identifier: BSD-2-Clause
#include "attach/config.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstring>
#include <string>

using namespace socketrace;

namespace {
st_config config_of(const Match& match, const View& view = {}) {
  auto config = config_for(match, view);
  REQUIRE(config.has_value());
  return *config;
}
std::string error_of(const Match& match) {
  auto config = config_for(match, {});
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().exit_status() == 2);
  return config.error().text();
}
Match comm(std::string text, bool prefix) {
  Match match;
  match.comms = {{std::move(text), prefix}};
  return match;
}
Match address(bool ipv6, unsigned length) {
  Match match;
  match.addresses = {{ipv6, {}, length}};
  return match;
}
View view(bool View::*member) {
  View one;
  one.*member = true;
  return one;
}
View limited(uint64_t lines) {
  View one;
  one.limit_lines = lines;
  return one;
}
bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}
}  // namespace

TEST_CASE("config: the quick way is for filters of pid, uid and port, and for the event alone") {
  st_config config{};
  choose_ways(config);
  CHECK(config.quick == 1);
  CHECK(config.by_task == 0);
  config.port_count = config.pid_count = config.uid_count = 1;
  choose_ways(config);
  CHECK(config.quick == 1);
  CHECK(config.by_task == 1);
  for (uint32_t st_config::*other :
       {&st_config::want_details, &st_config::want_stack, &st_config::want_common,
        &st_config::comm_count, &st_config::addr_count, &st_config::protocol_count,
        &st_config::family_count, &st_config::mark_count, &st_config::netns_count}) {
    st_config changed = config;
    changed.*other = 1;
    choose_ways(changed);
    CHECK(changed.quick == 0);
  }
}

TEST_CASE("nothing asked: nothing filtered, nothing extra") {
  const st_config config = config_of({});
  CHECK(config.own_tgid == static_cast<uint32_t>(getpid()));
  CHECK(config.want_details == 0);
  CHECK(config.want_stack == 0);
  CHECK(config.limit == 0);
  CHECK(config.wakeup_bytes == 64 * 1024);
  CHECK(config.pid_count + config.comm_count + config.addr_count + config.port_count +
            config.protocol_count + config.family_count + config.mark_count + config.netns_count ==
        0);
}

TEST_CASE("the view decides what is read") {
  CHECK(config_of({}, view(&View::sock_common)).want_details == 0);
  CHECK(config_of({}, view(&View::sock_info)).want_details == 1);
  CHECK(config_of({}, view(&View::socket_info)).want_details == 1);
  CHECK(config_of({}, view(&View::stack)).want_stack == 1);
}

TEST_CASE("few hits wanted: each wakes the reader") {
  CHECK(config_of({}, limited(1)).wakeup_bytes == 0);
  CHECK(config_of({}, limited(1)).limit == 1);
  CHECK(config_of({}, limited(100000)).wakeup_bytes == 64 * 1024);
}

TEST_CASE("the wakeup mark fits the ring") {
  st_config config = config_of({});
  fit_to_ring(config, 8 << 20);
  CHECK(config.wakeup_bytes == 64 * 1024);
  fit_to_ring(config, 4096);
  CHECK(config.wakeup_bytes == 1024);
}

TEST_CASE("numbers are copied with their counts") {
  Match match;
  match.pids = {1, 4294967295U};
  match.ports = {{22, 22}, {1000, 2000}};
  match.protocols = {6, 262};
  match.families = {AF_INET, AF_UNIX, AF_NETLINK};
  match.marks = {{0x10, 0xf0}};
  match.netns = {"4026531840", "self"};
  const st_config config = config_of(match);
  CHECK(config.pid_count == 2);
  CHECK(config.pids[1] == 4294967295U);
  CHECK(config.port_count == 2);
  CHECK(config.ports[1].first == 1000U << 16);
  CHECK(config.ports[1].span == (1000U << 16 | 0xffff));
  CHECK(config.protocol_count == 2);
  CHECK(config.protocols[1] == 262);
  CHECK(config.family_count == 3);
  CHECK(config.families[2] == AF_NETLINK);
  CHECK(config.mark_count == 1);
  CHECK(config.marks[0].value == 0x10);
  CHECK(config.marks[0].mask == 0xf0);
  CHECK(config.netns_count == 2);
  CHECK(config.netns[0] == 4026531840U);
  CHECK(config.netns[1] != 0);
}

TEST_CASE("a whole name is compared with its NUL, a prefix without") {
  Match match;
  match.comms = {{"sshd", false}, {"ssh", true}, {"fifteen-bytes-x", false}};
  const st_config config = config_of(match);
  REQUIRE(config.comm_count == 3);
  CHECK(config.comms[0].length == 5);
  CHECK(std::memcmp(config.comms[0].text, "sshd\0\0", 6) == 0);
  CHECK(config.comms[1].length == 3);
  CHECK(config.comms[2].length == 16);
  CHECK(config.comms[2].text[15] == '\0');
}

TEST_CASE("names that no process can have") {
  CHECK(has(error_of(comm("sixteen-bytes-xx", true)), "1 to 15 bytes"));
  CHECK(has(error_of(comm("", true)), "--filter-comm"));
  CHECK(has(error_of(comm(std::string("a\0b", 3), false)), "--filter-comm"));
}

TEST_CASE("addresses are masked, whoever wrote the host bits") {
  Match match;
  match.addresses = {{.ipv6 = false, .bytes = {192, 168, 64, 77}, .length = 20},
                     {.ipv6 = true, .bytes = {0x20, 1, 0xd, 0xb8, 0xff, 0xff}, .length = 33},
                     {.ipv6 = false, .bytes = {1, 2, 3, 4}, .length = 0},
                     {.ipv6 = false, .bytes = {1, 2, 3, 4}, .length = 32}};
  const st_config config = config_of(match);
  REQUIRE(config.addr_count == 4);
  const uint8_t net[16] = {192, 168, 64, 0};
  const uint8_t net_mask[16] = {255, 255, 240, 0};
  CHECK(config.addrs[0].family == AF_INET);
  CHECK(std::memcmp(config.addrs[0].addr, net, 16) == 0);
  CHECK(std::memcmp(config.addrs[0].mask, net_mask, 16) == 0);
  const uint8_t six[16] = {0x20, 1, 0xd, 0xb8, 0x80};
  const uint8_t six_mask[16] = {255, 255, 255, 255, 0x80};
  CHECK(config.addrs[1].family == AF_INET6);
  CHECK(std::memcmp(config.addrs[1].addr, six, 16) == 0);
  CHECK(std::memcmp(config.addrs[1].mask, six_mask, 16) == 0);
  CHECK(config.addrs[2].mask[0] == 0);
  CHECK(config.addrs[2].addr[0] == 0);
  CHECK(config.addrs[3].mask[0] == 0xffffffffU);
  CHECK(config.addrs[3].mask[1] == 0);
}

TEST_CASE("prefix lengths beyond the address") {
  CHECK(has(error_of(address(false, 33)), "33"));
  CHECK(has(error_of(address(true, 129)), "129"));
}

TEST_CASE("every list may be full, and says its maximum when there is more") {
  Match full;
  full.pids.resize(ST_MAX_PIDS, 7);
  full.comms.resize(ST_MAX_COMMS, {"a", false});
  full.addresses.resize(ST_MAX_ADDRS);
  full.ports.resize(ST_MAX_PORTS, {1, 2});
  full.protocols.resize(ST_MAX_PROTOCOLS, 6);
  full.families.resize(ST_MAX_FAMILIES, 2);
  full.marks.resize(ST_MAX_MARKS, {1, 1});
  full.netns.resize(ST_MAX_NETNS, "1");
  const st_config config = config_of(full);
  CHECK(config.pids[ST_MAX_PIDS - 1] == 7);
  CHECK(config.netns[ST_MAX_NETNS - 1] == 1);

  const auto too_many = [&](auto change, const char* option, const char* maximum) {
    Match match = full;
    change(match);
    const std::string text = error_of(match);
    CHECK(has(text, option));
    CHECK(has(text, maximum));
  };
  too_many([](Match& m) { m.pids.push_back(1); }, "--filter-pid", "at most 32");
  too_many([](Match& m) { m.comms.push_back({"a", false}); }, "--filter-comm", "at most 16");
  too_many([](Match& m) { m.addresses.push_back({}); }, "--filter-addr", "at most 16");
  too_many([](Match& m) { m.ports.push_back({}); }, "--filter-port", "at most 32");
  too_many([](Match& m) { m.protocols.push_back(1); }, "--filter-protocol", "at most 16");
  too_many([](Match& m) { m.families.push_back(1); }, "--filter-family", "at most 16");
  too_many([](Match& m) { m.marks.push_back({}); }, "--filter-mark", "at most 16");
  too_many([](Match& m) { m.netns.push_back("1"); }, "--filter-netns", "at most 16");
}

TEST_CASE("pid namespaces") {
  st_config config{};
  place_in_pid_namespace(config, 4, 0xeffffffcU);
  CHECK(config.in_pidns == 0);
  CHECK(config.pidns_ino == 0);
  place_in_pid_namespace(config, makedev(0, 4), 4026532500U);
  CHECK(config.in_pidns == 1);
  CHECK(config.pidns_dev == 4);
  CHECK(config.pidns_ino == 4026532500U);
  // The kernel's dev_t: 12 bits of major, 20 of minor.
  place_in_pid_namespace(config, makedev(1, 300), 4026532500U);
  CHECK(config.pidns_dev == ((1U << 20) | 300));
}
