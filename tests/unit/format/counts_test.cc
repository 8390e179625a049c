// SPDX-License-Identifier: BSD-2-Clause
#include "format/counts.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include "../golden.h"
#include "format/count_keys.h"

using namespace socketrace;

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

KeyCounts counted(const char* comm, unsigned family, unsigned protocol, const char* provider,
                  std::array<uint64_t, ST_OUTCOME_COUNT> counts) {
  KeyCounts one;
  std::strncpy(one.key.comm, comm, sizeof one.key.comm - 1);
  one.key.family = static_cast<uint16_t>(family);
  one.key.protocol = static_cast<uint16_t>(protocol);
  std::strncpy(one.key.provider, provider, sizeof one.key.provider - 1);
  one.counts = counts;
  return one;
}

void name(KeyCounts& one, std::string_view bytes) {
  one.key.name_length = static_cast<uint16_t>(bytes.copy(one.key.name, sizeof one.key.name));
}

std::vector<KeyCounts> canned() {
  std::vector<KeyCounts> all = {
      counted("sshd", AF_INET, IPPROTO_TCP, "TCP", {2, 0, 0, 0, 0}),
      counted("curl", AF_INET6, IPPROTO_TCP, "TCPv6", {0, 0, 12, 3, 1}),
      counted("dockerd", AF_UNIX, 0, "UNIX-STREAM", {5, 0, 0, 1, 0}),
      counted("ip", AF_NETLINK, 0, "NETLINK", {0, 0, 1, 0, 0}),
      counted("ip", AF_NETLINK, 16, "NETLINK", {0, 0, 2, 0, 0}),
      counted("fast", AF_INET, IPPROTO_MPTCP, "MPTCP", {1, 0, 1, 0, 0}),
      counted("a, 2, AF_INET", AF_VSOCK, 0, "AF_VSOCK", {0, 40, 1, 0, 0}),
      counted("Web Content\n", 57, 9, "", {18446744073709551615U, 0, 0, 0, 0}),
      counted("none", AF_UNSPEC, 0, "", {0, 0, 0, 2, 0}),
  };
  for (KeyCounts& one : all) {
    one.key.tgid = 926;
    one.key.port = 443;
    one.key.address.bytes[0] = 127;
    one.key.address.bytes[15] = 1;
  }
  name(all[2], "/run/docker.sock");
  return all;
}

}  // namespace

// tests/golden/counts.txt: every style of `count` on counts that are made up here.
TEST_CASE("counts print as they did") {
  std::string text = "# functions\n";
  text += joined(function_lines({{"tcp_v4_rcv", 3},
                                 {"tcp_sendmsg", 214},
                                 {"tcp_ack", 214},
                                 {"nf_nat_inet_fn [nf_nat]", 1234567}}));
  text += "# functions, few hits\n" + joined(function_lines({{"tcp_sendmsg", 1}}));
  text += "# calls\n";
  std::array<st_operations, ST_OP_COUNT> operations{};
  operations[ST_OP_ACCEPT] = {89, 4, 0};
  operations[ST_OP_CONNECT] = {67, 67, 0};
  operations[ST_OP_SOCKET] = {67, 0, 0};
  operations[ST_OP_SEND] = {5280, 1, 123456789};
  operations[ST_OP_RECEIVE] = {10547, 20, 0};
  text += joined(operation_lines(operations));
  constexpr std::pair<const char*, st_count_by> kKeys[] = {
      {"family", ST_BY_FAMILY}, {"protocol", ST_BY_PROTOCOL}, {"comm", ST_BY_COMM},
      {"pid", ST_BY_PID},       {"port", ST_BY_PORT},         {"addr", ST_BY_ADDR}};
  for (const auto& [word, by] : kKeys) {
    text += std::string("# --by ") + word + "\n" + joined(key_lines(canned(), by));
  }
  check_golden("counts.txt", text);
}

TEST_CASE("an interval in which nothing happened has no lines") {
  CHECK(function_lines({}).empty());
  CHECK(operation_lines({}).empty());
  CHECK(key_lines({}, ST_BY_COMM).empty());
}

TEST_CASE("a name that is longer than its field is not read beyond it") {
  KeyCounts one = counted("", AF_UNIX, 0, "", {1, 0, 0, 0, 0});
  std::memset(one.key.comm, 'c', sizeof one.key.comm);
  std::memset(one.key.name, 'n', sizeof one.key.name);
  one.key.name_length = 65535;
  CHECK(joined(key_lines({one}, ST_BY_ADDR)) ==
        "accept          " + std::string(16, 'c') + ", unix:" + std::string(108, 'n') + ": 1\n");
}

TEST_CASE("the line of an interval") {
  setenv("TZ", "UTC", 1);
  tzset();
  constexpr int64_t kOffset = 1'763'678'880'000'000'000;  // 2025-11-20 22:48:00
  const auto line = [](TimestampStyle style) {
    Buffer out(64);
    IntervalTime time(style, kOffset);
    time.put(out, 1'500'000'000);
    return std::string(out.view());
  };
  CHECK(line(TimestampStyle::none) == "22:48:01\n");
  CHECK(line(TimestampStyle::absolute) == "2025-11-20T22:48:01.500000\n");
  CHECK(line(TimestampStyle::relative) == "+0.000000\n");
  CHECK(line(TimestampStyle::monotonic) == "1.500000\n");
}
