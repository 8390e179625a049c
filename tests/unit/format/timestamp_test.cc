// SPDX-License-Identifier: BSD-2-Clause
#include "format/timestamp.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <string>

using namespace socketrace;

namespace {

std::string column(TimeColumn& time, uint64_t ns) {
  Buffer out(64);
  time.put(out, ns);
  return std::string(out.view());
}

struct Zone {
  explicit Zone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    unsetenv("TZ");
    tzset();
  }
};

constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("timestamp: none leaves no column") {
  TimeColumn time(TimestampStyle::none, 0);
  Buffer out(64);
  time.put_header(out);
  CHECK(out.view() == "");
  CHECK(column(time, 5) == "");
}

TEST_CASE("timestamp: absolute is local time of the event") {
  const Zone zone("XST-5:30");
  // 2026-11-20T22:48:00Z booted an hour earlier
  TimeColumn time(TimestampStyle::absolute, 1795214880 * kSecond - 3600 * kSecond);
  CHECK(column(time, 3600 * kSecond + 123'456'789) == "2026-11-21T04:18:00.123456 ");
  CHECK(column(time, 3600 * kSecond + 999'999'999) == "2026-11-21T04:18:00.999999 ");
  CHECK(column(time, 3601 * kSecond) == "2026-11-21T04:18:01.000000 ");
  CHECK(column(time, 3600 * kSecond) == "2026-11-21T04:18:00.000000 ");  // back again
  Buffer out(64);
  time.put_header(out);
  CHECK(out.view() == "TIME                       ");
}

TEST_CASE("timestamp: times that no clock gives do not break the line") {
  const Zone zone("UTC");
  TimeColumn before(TimestampStyle::absolute, -1500'000'000);
  CHECK(column(before, 0) == "1969-12-31T23:59:58.500000 ");
  TimeColumn far(TimestampStyle::absolute, INT64_MAX);
  CHECK(column(far, UINT64_MAX).find('\n') == std::string::npos);
  CHECK(column(far, 0) == "2262-04-11T23:47:16.854775 ");
}

TEST_CASE("timestamp: relative counts from the first hit, also backwards") {
  TimeColumn time(TimestampStyle::relative, 0);
  CHECK(column(time, 5 * kSecond) == "+0.000000      ");
  CHECK(column(time, 5 * kSecond + 123'000) == "+0.000123      ");
  CHECK(column(time, 105 * kSecond) == "+100.000000    ");
  CHECK(column(time, 5 * kSecond - 1000) == "-0.000001      ");
}

TEST_CASE("timestamp: monotonic is the kernel's number") {
  TimeColumn time(TimestampStyle::monotonic, 0);
  CHECK(column(time, 12345 * kSecond + 678'901'234) == "12345.678901     ");
}
