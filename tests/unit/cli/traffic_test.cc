// SPDX-License-Identifier: BSD-2-Clause
#include "cli/traffic.h"

#include <doctest/doctest.h>

#include <string>

using namespace socketrace;

TEST_CASE("protocols by name and number") {
  CHECK(*parse_protocol("tcp") == 6);
  CHECK(*parse_protocol("TCP") == 6);
  CHECK(*parse_protocol("IPPROTO_UDP") == 17);
  CHECK(*parse_protocol("icmp") == 1);
  CHECK(*parse_protocol("icmpv6") == 58);
  CHECK(*parse_protocol("sctp") == 132);
  CHECK(*parse_protocol("udplite") == 136);
  CHECK(*parse_protocol("mptcp") == 262);
  CHECK(*parse_protocol("raw") == 255);
  CHECK(*parse_protocol("0") == 0);
  CHECK(*parse_protocol("65535") == 65535);
  for (const char* wrong : {"65536", "-1", "", " tcp", "tcp ", "tc", "0x6", "IPPROTO_", "*"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(parse_protocol(wrong));
    CHECK(parse_protocol(wrong).error().text().starts_with("not a protocol: want tcp, udp"));
  }
}

TEST_CASE("families by name and number") {
  CHECK(*parse_family("inet") == 2);
  CHECK(*parse_family("AF_INET6") == 10);
  CHECK(*parse_family("unix") == 1);
  CHECK(*parse_family("local") == 1);
  CHECK(*parse_family("netlink") == 16);
  CHECK(*parse_family("packet") == 17);
  CHECK(*parse_family("vsock") == 40);
  CHECK(*parse_family("can") == 29);
  CHECK(*parse_family("bluetooth") == 31);
  CHECK(*parse_family("45") == 45);
  CHECK(*parse_family("65535") == 65535);
  for (const char* wrong : {"65536", "-1", "", "in et", "ip", "PF_INET"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(parse_family(wrong));
    CHECK(parse_family(wrong).error().text().starts_with("not an address family: want inet,"));
  }
}

TEST_CASE("a mark and its mask") {
  const auto mark = [](const char* text) {
    const auto parsed = parse_mark(text);
    if (!parsed) return parsed.error().text();
    return std::to_string(parsed->value) + "/" + std::to_string(parsed->mask);
  };
  CHECK(mark("7") == "7/4294967295");
  CHECK(mark("0") == "0/4294967295");
  CHECK(mark("0x10/0xf0") == "16/240");
  CHECK(mark("16/240") == "16/240");
  CHECK(mark("0/0") == "0/0");
  CHECK(mark("0xffffffff/4294967295") == "4294967295/4294967295");
  CHECK(mark("0x11/0xf0") == "can never match: the mark has bits that its mask takes away");
  for (const char* wrong : {"", "/", "1/", "/1", "1/2/3", "-1", "0x100000000", "4294967296", "ff",
                            "1/0x1ffffffff", "1 /1"}) {
    CAPTURE(wrong);
    CHECK(mark(wrong) ==
          "not a mark: want MARK or MARK/MASK, 32 bits each, decimal or hexadecimal with 0x");
  }
}

TEST_CASE("a network namespace is kept as written") {
  CHECK(*parse_netns("4026531840") == "4026531840");
  CHECK(*parse_netns("/proc/1/ns/net") == "/proc/1/ns/net");
  CHECK(*parse_netns("pid:1") == "pid:1");
  CHECK_FALSE(parse_netns(""));
}
