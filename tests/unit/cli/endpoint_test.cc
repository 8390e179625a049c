// SPDX-License-Identifier: BSD-2-Clause
#include "cli/endpoint.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <string>

using namespace socketrace;

namespace {

std::string port(const char* text) {
  const auto range = parse_port(text);
  if (!range) return range.error().text();
  return std::to_string(range->first) + "-" + std::to_string(range->last);
}

std::string address(const char* text) {
  const auto prefix = parse_address(text);
  if (!prefix) return prefix.error().text();
  char shown[INET6_ADDRSTRLEN];
  inet_ntop(prefix->ipv6 ? AF_INET6 : AF_INET, prefix->bytes.data(), shown, sizeof(shown));
  return std::string(shown) + "/" + std::to_string(prefix->length);
}

}  // namespace

TEST_CASE("a port is a number or a range") {
  CHECK(port("22") == "22-22");
  CHECK(port("0") == "0-0");
  CHECK(port("65535") == "65535-65535");
  CHECK(port("0-65535") == "0-65535");
  CHECK(port("80-80") == "80-80");
  CHECK(port("81-80") == "an empty range: want N-M with N <= M");
  for (const char* wrong : {"65536", "1-65536", "65536-1", "-1", "-", "1-", "1-2-3", "", " 22",
                            "22 ", "0x16", "ssh", "4294967318", "18446744073709551638"}) {
    CAPTURE(wrong);
    CHECK(port(wrong) == "not a port: want N or N-M within 0..65535");
  }
}

TEST_CASE("an address loses its host bits") {
  CHECK(address("10.1.2.3") == "10.1.2.3/32");
  CHECK(address("10.1.2.3/32") == "10.1.2.3/32");
  CHECK(address("10.1.2.3/31") == "10.1.2.2/31");
  CHECK(address("10.1.255.3/17") == "10.1.128.0/17");
  CHECK(address("10.1.2.3/8") == "10.0.0.0/8");
  CHECK(address("255.255.255.255/1") == "128.0.0.0/1");
  CHECK(address("255.255.255.255/0") == "0.0.0.0/0");
  CHECK(address("2001:db8::1") == "2001:db8::1/128");
  CHECK(address("2001:db8:ffff::1/33") == "2001:db8:8000::/33");
  CHECK(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/127") ==
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
  CHECK(address("::1/0") == "::/0");
}

TEST_CASE("a v4-mapped address is the IPv4 address") {
  CHECK(address("::ffff:1.2.3.4") == "1.2.3.4/32");
  CHECK(address("::ffff:1.2.3.4/120") == "1.2.3.0/24");
  CHECK(address("::ffff:1.2.3.4/96") == "0.0.0.0/0");
  CHECK(address("::ffff:1.2.3.4/95") == "::fffe:0:0/95");
  CHECK(address("::1.2.3.4") == "::1.2.3.4/128");
  CHECK_FALSE(parse_address("::ffff:1.2.3.4")->ipv6);
}

TEST_CASE("what is not an address says so") {
  for (const char* wrong :
       {"", "/8", "1.2.3", "1.2.3.256", "1.2.3.4.5", "01.2.3.4x", " 1.2.3.4", "1.2.3.4 ",
        "0x1020304", "localhost", "[::1]", "::1%lo", ":::", "1:2:3:4:5:6:7:8:9", "12345::"}) {
    CAPTURE(wrong);
    CHECK(address(wrong) == "not an address: want an IPv4 or IPv6 address, or ADDR/LEN");
  }
  for (const char* wrong : {"1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8/8",
                            "1.2.3.4/255.0.0.0", "1.2.3.4/4294967304"}) {
    CAPTURE(wrong);
    CHECK(address(wrong) == "not a prefix length: want /0../32");
  }
  CHECK(address("::/129") == "not a prefix length: want /0../128");
}
