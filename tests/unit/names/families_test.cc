// SPDX-License-Identifier: BSD-2-Clause
#include "names/families.h"

#include <doctest/doctest.h>

#include <string>

using namespace socketrace;

TEST_CASE("families print as the kernel's headers spell them") {
  CHECK(family_name(0) == "AF_UNSPEC");
  CHECK(family_name(1) == "AF_UNIX");
  CHECK(family_name(2) == "AF_INET");
  CHECK(family_name(10) == "AF_INET6");
  CHECK(family_name(36) == "AF_IEEE802154");
  CHECK(family_name(45) == "AF_MCTP");
  CHECK(family_name(46).empty());
  CHECK(family_name(~0u).empty());
}

TEST_CASE("protocols print as the kernel's headers spell them") {
  CHECK(protocol_name(0) == "IPPROTO_IP");
  CHECK(protocol_name(6) == "IPPROTO_TCP");
  CHECK(protocol_name(3).empty());
  CHECK(protocol_name(255) == "IPPROTO_RAW");
  CHECK(protocol_name(262) == "IPPROTO_MPTCP");
  CHECK(protocol_name(263).empty());
  CHECK(protocol_name(~0u).empty());
}

TEST_CASE("every family and protocol is found again by its name") {
  for (unsigned family = 0; family < 46; ++family) {
    const std::string full(family_name(family));
    CHECK(family_by_name(full) == family);
    CHECK(family_by_name(full.substr(3)) == family);
  }
  unsigned named = 0;
  for (unsigned protocol = 0; protocol < 300; ++protocol) {
    const std::string full(protocol_name(protocol));
    if (full.empty()) continue;
    ++named;
    CHECK(protocol_by_name(full) == protocol);
    CHECK(protocol_by_name(full.substr(8)) == protocol);
  }
  CHECK(named == 36);
}

TEST_CASE("names are found in any case and by their other spellings") {
  CHECK(family_by_name("local") == 1);
  CHECK(family_by_name("af_Local") == 1);
  CHECK(family_by_name("INET6") == 10);
  CHECK(family_by_name("decnet") == 12);
  CHECK(protocol_by_name("Tcp") == 6);
  CHECK(protocol_by_name("ipproto_mptcp") == 262);
  CHECK(protocol_by_name("icmp6") == 58);
  CHECK_FALSE(family_by_name(""));
  CHECK_FALSE(family_by_name("AF_"));
  CHECK_FALSE(family_by_name("inet "));
  CHECK_FALSE(family_by_name("ine"));
  CHECK_FALSE(protocol_by_name("IPPROTO_"));
  CHECK_FALSE(protocol_by_name(""));
  CHECK_FALSE(protocol_by_name("tcpx"));
}
