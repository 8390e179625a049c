// SPDX-License-Identifier: BSD-2-Clause
#include "cli/conflicts.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "command_line.h"

using namespace socketrace;

namespace {

std::vector<std::string> warnings(const char* line) {
  const auto invocation = parse_words(words_of(line));
  REQUIRE(invocation);
  return invocation->warnings;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("filters that can never match are told") {
  CHECK(warnings("--filter-port 22 --filter-family unix,netlink") ==
        Texts{"--filter-port can never match: --filter-family names neither inet nor inet6"});
  CHECK(warnings("--filter-addr 1.2.3.4 --filter-family 40") ==
        Texts{"--filter-addr can never match: --filter-family names neither inet nor inet6"});
  CHECK(warnings("--filter-protocol tcp --filter-family netlink") ==
        Texts{"--filter-protocol can never match: --filter-family names neither inet nor inet6"});
  CHECK(warnings("--filter-addr ::1,::2 --filter-family inet") ==
        Texts{"--filter-addr can never match: IPv6 addresses only, and --filter-family inet"});
  CHECK(
      warnings("--filter-port 22 --filter-protocol icmp,icmpv6") ==
      Texts{"--filter-port can never match: --filter-protocol names only protocols without ports"});
  CHECK(warnings("--filter-addr ::1 --filter-port 1 --filter-family unix --filter-protocol raw")
            .size() == 4);
}

TEST_CASE("filters that may match are not warned about") {
  CHECK(warnings("").empty());
  CHECK(warnings("--filter-port 22").empty());
  CHECK(warnings("--filter-port 22 --filter-family unix,inet6").empty());
  CHECK(warnings("--filter-addr ::1,1.2.3.4 --filter-family inet").empty());
  CHECK(warnings("--filter-addr 1.2.3.4 --filter-family inet6").empty());
  CHECK(warnings("--filter-port 22 --filter-protocol icmp,tcp").empty());
  CHECK(warnings("--filter-port 22 --filter-protocol 200").empty());
  CHECK(warnings("--filter-protocol icmp").empty());
  CHECK(warnings("--filter-protocol tcp --filter-family unix,inet").empty());
  CHECK(warnings("--filter-family unix").empty());
}
