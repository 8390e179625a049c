// SPDX-License-Identifier: BSD-2-Clause
#include "names/as_table.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

using namespace socketrace;

namespace {

std::string of(const AsTable& table, const char* text) {
  uint8_t bytes[16];
  Buffer out(64);
  if (inet_pton(AF_INET, text, bytes) == 1) {
    table.put_ipv4(out, bytes);
  } else {
    REQUIRE(inet_pton(AF_INET6, text, bytes) == 1);
    table.put_ipv6(out, bytes);
  }
  return std::string(out.view());
}

AsTable table_of(std::string_view text) {
  AsTable table;
  uint64_t line = 0;
  table.add_lines(text, "test", line);
  table.finish();
  return table;
}

// A file of its own, removed at the end.
struct TemporaryFile {
  std::string path = "/tmp/socketrace-as-XXXXXX";
  explicit TemporaryFile(std::string_view text = "") {
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path, std::ios::binary) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path.c_str()); }
};

// By a sanitizer, or for want of an optimizer.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOWED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define SLOWED 1
#endif
#ifdef SLOWED
constexpr bool kSlowed = true;
#else
constexpr bool kSlowed = false;
#endif

double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

TEST_CASE("addresses as numbers, as IPv4 and as IPv6 text, in one table") {
  const AsTable table = table_of(
      "2356320256\t2356322303\t36459\tUS\tGITHUB\n"
      "1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\r\n"
      "\n"
      "2001:200::\t2001:200:ffff:ffff:ffff:ffff:ffff:ffff\t2500\tJP\tWIDE-BB WIDE Project\n");
  CHECK(table.size() == 3);
  CHECK(table.malformed() == 0);
  CHECK(of(table, "140.114.151.255") == "");
  CHECK(of(table, "140.114.152.0") == "AS36459 (GITHUB)");
  CHECK(of(table, "140.114.159.255") == "AS36459 (GITHUB)");
  CHECK(of(table, "140.114.160.0") == "");
  CHECK(of(table, "1.0.0.0") == "AS13335 (CLOUDFLARENET)");
  CHECK(of(table, "1.0.0.255") == "AS13335 (CLOUDFLARENET)");
  CHECK(of(table, "1.0.1.0") == "");
  CHECK(of(table, "0.255.255.255") == "");
  CHECK(of(table, "2001:200::1") == "AS2500 (WIDE-BB)");
  CHECK(of(table, "2001:201::") == "");
}

TEST_CASE("the forms of IPtoASN's files") {
  // 140.82.112.0 - 140.82.127.255
  const AsTable github = table_of("2354212864\t2354216959\t36459\tUS\tGITHUB - GitHub, Inc.\n");
  CHECK(of(github, "140.82.118.3") == "AS36459 (GITHUB)");
  CHECK(of(github, "140.82.128.0") == "");
  // A dual-stack socket's view of the same address.
  CHECK(of(github, "::ffff:140.82.118.3") == "AS36459 (GITHUB)");
}

TEST_CASE("a range may span any number of /8s, and the whole of both families") {
  const AsTable table = table_of(
      "3.0.0.0\t6.255.255.255\t7\tUS\tWIDE\n"
      "::\tffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\t9\tUS\tALL6\n");
  for (const char* inside : {"3.0.0.0", "4.1.2.3", "5.255.255.255", "6.255.255.255"}) {
    CHECK(of(table, inside) == "AS7 (WIDE)");
  }
  CHECK(of(table, "7.0.0.0") == "");
  CHECK(of(table, "::") == "AS9 (ALL6)");
  CHECK(of(table, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") == "AS9 (ALL6)");
  CHECK(of(table, "::ffff:7.0.0.0") == "");  // IPv4's table counts
}

TEST_CASE("number 0 is routed by nobody, and a name may be missing or hostile") {
  const AsTable table = table_of(
      "0\t16777215\t0\tNone\tNot routed\n"
      "16777216\t16777471\t13335\tUS\t\n"
      "16777472\t16777727\t5\tUS\tE\x1b[31m\\VIL rest\n"
      "16777728\t16777983\t4294967295\tUS\tLAST\n");
  CHECK(table.malformed() == 0);
  CHECK(of(table, "0.0.0.1") == "");
  CHECK(of(table, "1.0.0.1") == "AS13335");
  CHECK(of(table, "1.0.1.1") == "AS5 (E\\x1b[31m\\\\VIL)");
  CHECK(of(table, "1.0.2.1") == "AS4294967295 (LAST)");
}

TEST_CASE("of overlapping ranges the narrower wins, of equal ones the later") {
  const AsTable table = table_of(
      "10.0.0.0\t10.255.255.255\t1\tUS\tOUTER\n"
      "10.1.0.0\t10.1.255.255\t2\tUS\tINNER\n"
      "10.1.2.0\t10.1.2.255\t3\tUS\tINMOST\n"
      "10.1.2.0\t10.1.2.255\t4\tUS\tLATER\n"
      "10.200.0.0\t11.0.0.255\t5\tUS\tACROSS\n"
      "0\t4294967295\t6\tUS\tALL\n");
  CHECK(of(table, "10.0.0.0") == "AS1 (OUTER)");
  CHECK(of(table, "10.1.0.0") == "AS2 (INNER)");
  CHECK(of(table, "10.1.2.7") == "AS4 (LATER)");
  CHECK(of(table, "10.1.3.0") == "AS2 (INNER)");
  CHECK(of(table, "10.2.0.0") == "AS1 (OUTER)");
  CHECK(of(table, "10.200.0.1") == "AS5 (ACROSS)");
  CHECK(of(table, "11.0.0.255") == "AS5 (ACROSS)");
  CHECK(of(table, "11.0.1.0") == "AS6 (ALL)");
  CHECK(of(table, "0.0.0.0") == "AS6 (ALL)");
  CHECK(of(table, "255.255.255.255") == "AS6 (ALL)");
}

TEST_CASE("a malformed line is named with its number and skipped") {
  const AsTable table = table_of(
      "1.0.0.0\t1.0.0.255\t1\tUS\tFIRST\n"
      "1.0.1.0 1.0.1.255 2 US SPACES\n"
      "1.0.2.0\t1.0.2.255\tx\tUS\tN\n"
      "1.0.3.256\t1.0.3.255\t3\tUS\tN\n"
      "1.0.4.9\t1.0.4.0\t3\tUS\tN\n"
      "1.0.5.0\t::1\t3\tUS\tN\n"
      "1.0.6.0\t1.0.6.255\t4294967296\tUS\tN\n"
      "1.0.7.0\t1.0.7.255\t3\tUS\n"
      "4294967296\t4294967297\t3\tUS\tN\n"
      "-1\t5\t3\tUS\tN\n"
      "1.0.9.0\t1.0.9.255\t9\tUS\tLAST");
  CHECK(table.size() == 2);
  CHECK(table.malformed() == 9);
  REQUIRE(table.notes().size() == 9);
  CHECK(table.notes()[0] == "test:2: want START, END, ASN, COUNTRY, DESCRIPTION between tabs");
  CHECK(table.notes()[1] == "test:3: ASN is not a number of 32 bits");
  CHECK(table.notes()[2] == "test:4: START or END is not an address");
  CHECK(table.notes()[3] == "test:5: START is above END");
  CHECK(table.notes()[4] == "test:6: START and END are not of one family");
  CHECK(of(table, "1.0.9.1") == "AS9 (LAST)");
}

TEST_CASE("files: plain, through gzip, cut, empty, and none") {
  const std::string text = "1.0.0.0\t1.0.0.255\t1\tUS\tONE\nbad\n2.0.0.0\t2.0.0.255\t2\tUS\tTWO\n";
  const TemporaryFile plain(text), packed, empty;
  const gzFile out = gzopen(packed.path.c_str(), "wb");
  REQUIRE(gzwrite(out, text.data(), static_cast<unsigned>(text.size())) > 0);
  REQUIRE(gzclose(out) == Z_OK);
  for (const TemporaryFile* file : {&plain, &packed}) {
    AsTable table;
    CHECK(table.add_file(file->path).has_value());
    table.finish();
    CHECK(of(table, "2.0.0.1") == "AS2 (TWO)");
    REQUIRE(table.notes().size() == 1);
    CHECK(table.notes()[0].starts_with(file->path + ":2: "));
  }
  AsTable both;  // the option is repeatable
  CHECK(both.add_file(plain.path).has_value());
  CHECK(both.add_file(packed.path).has_value());
  both.finish();
  CHECK(both.size() == 2);

  AsTable table;
  const auto nothing = table.add_file(empty.path);
  REQUIRE(!nothing.has_value());
  CHECK(nothing.error().exit_status() == 2);
  CHECK(!table.add_file("/nonexistent/table").has_value());
  CHECK(!table.add_file("/").has_value());
  REQUIRE(::truncate(packed.path.c_str(), 40) == 0);
  CHECK(!table.add_file(packed.path).has_value());
}

TEST_CASE("a line that never ends is refused before it fills the memory") {
  const TemporaryFile file(std::string(1 << 20, 'x'));
  AsTable table;
  CHECK(!table.add_file(file.path).has_value());
}

TEST_CASE("a million lines load in under a second of CPU") {
  std::string text;
  for (uint32_t i = 0; i < 1'000'000; ++i) {
    const uint32_t start = i * 4096;
    text += std::to_string(start) + '\t' + std::to_string(start + 4095) + '\t' +
            std::to_string(i % 80'000 + 1) + "\tUS\tNETWORK-" + std::to_string(i % 80'000) +
            " Some words of prose, Inc.\n";
  }
  const TemporaryFile file(text);
  text.clear();
  text.shrink_to_fit();
  const double before = cpu_seconds();
  AsTable table;
  REQUIRE(table.add_file(file.path).has_value());
  table.finish();
  const double took = cpu_seconds() - before;
  MESSAGE("a million lines: ", took, " s");
  CHECK(table.size() == 1'000'000);
  CHECK(of(table, "0.0.16.1") == "AS2 (NETWORK-1)");
  if (!kSlowed) CHECK(took < 1.0);
}
