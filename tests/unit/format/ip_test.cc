// SPDX-License-Identifier: BSD-2-Clause
#include "format/ip.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

using namespace socketrace;

namespace {

std::string v6(const std::array<uint8_t, 16>& bytes) {
  Buffer out(64);
  put_ipv6(out, bytes.data());
  return std::string(out.view());
}

std::string canonical(const char* text) {
  std::array<uint8_t, 16> bytes;
  REQUIRE(inet_pton(AF_INET6, text, bytes.data()) == 1);
  return v6(bytes);
}

}  // namespace

TEST_CASE("ip: every octet of an IPv4 address") {
  for (int value = 0; value < 256; ++value) {
    const auto octet = static_cast<uint8_t>(value);
    const uint8_t bytes[4] = {octet, 10, octet, 255};
    Buffer out(1);
    put_ipv4(out, bytes);
    CHECK(out.view() == fmt::format("{0}.10.{0}.255", value));
  }
}

TEST_CASE("ip: the examples of RFC 5952") {
  CHECK(canonical("2001:0db8:0000:0000:0000:0000:0000:0001") == "2001:db8::1");
  CHECK(canonical("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");  // one group stays
  CHECK(canonical("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");           // the longest run
  CHECK(canonical("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");     // the first of equals
  CHECK(canonical("2001:DB8:AAAA::") == "2001:db8:aaaa::");
  CHECK(canonical("::") == "::");
  CHECK(canonical("::1") == "::1");
  CHECK(canonical("1::") == "1::");
  CHECK(canonical("0:1:2:3:4:5:6:7") == "0:1:2:3:4:5:6:7");
  CHECK(canonical("1:2:3:4:5:6:0:0") == "1:2:3:4:5:6::");
  CHECK(canonical("::ffff:192.0.2.1") == "::ffff:192.0.2.1");
  CHECK(canonical("::192.0.2.1") == "::c000:201");  // IPv4-compatible: long deprecated
}

TEST_CASE("ip: as inet_ntop writes it") {
  std::mt19937 random(5952);
  for (int round = 0; round < 20000; ++round) {
    std::array<uint8_t, 16> bytes{};
    for (size_t group = 0; group < 8; ++group) {
      if (random() % 2 == 0) continue;
      bytes[2 * group] = random() % 2 == 0 ? 0 : static_cast<uint8_t>(random());
      bytes[2 * group + 1] = static_cast<uint8_t>(random());
    }
    // ::/96 is where glibc writes the deprecated dotted form.
    if (std::all_of(bytes.begin(), bytes.begin() + 12, [](uint8_t b) { return b == 0; })) continue;
    char expected[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, bytes.data(), expected, sizeof(expected));
    REQUIRE(v6(bytes) == expected);
  }
}

TEST_CASE("ip: link-local") {
  const auto local = [](uint8_t first, uint8_t second) {
    const uint8_t bytes[16] = {first, second};
    return is_link_local(bytes);
  };
  CHECK(local(0xfe, 0x80));
  CHECK(local(0xfe, 0xbf));
  CHECK_FALSE(local(0xfe, 0xc0));
  CHECK_FALSE(local(0xff, 0x80));
}
