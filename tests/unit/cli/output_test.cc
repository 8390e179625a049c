// SPDX-License-Identifier: BSD-2-Clause
#include "cli/output.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace socketrace;

TEST_CASE("buffer sizes become powers of two of at least a page") {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  CHECK(*parse_buffer_size("1") == page);
  CHECK(*parse_buffer_size("1M") == 1048576);
  CHECK(*parse_buffer_size("8m") == 8388608);
  CHECK(*parse_buffer_size("64K") == 65536);
  CHECK(*parse_buffer_size("1048577") == 2097152);
  CHECK(*parse_buffer_size("3M") == 4194304);
  CHECK(*parse_buffer_size("1G") == 1073741824);
  CHECK(*parse_buffer_size("1073741824") == 1073741824);
  CHECK(*parse_buffer_size("600M") == 1073741824);
  for (const char* wrong : {"0", "0K", "", "K", "2G", "1073741825", "1025M", "-1", "1KB", "1KiB",
                            "1 K", " 1K", "1.5M", "0x1000", "18446744073709551615K", "1T"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(parse_buffer_size(wrong));
    CHECK(parse_buffer_size(wrong).error().text() ==
          "not a buffer size: want bytes, or a number with K, M or G, up to 1G");
  }
}

TEST_CASE("limits") {
  CHECK(*parse_limit("0") == 0);
  CHECK(*parse_limit("1") == 1);
  CHECK(*parse_limit("18446744073709551615") == UINT64_MAX);
  for (const char* wrong : {"", "-1", "18446744073709551616", "1K", "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_limit(wrong));
  }
}

TEST_CASE("choices are spelled exactly") {
  CHECK(*parse_timestamp("none") == TimestampStyle::none);
  CHECK(*parse_timestamp("absolute") == TimestampStyle::absolute);
  CHECK(*parse_timestamp("relative") == TimestampStyle::relative);
  CHECK(*parse_timestamp("monotonic") == TimestampStyle::monotonic);
  CHECK_FALSE(parse_timestamp("Absolute"));
  CHECK_FALSE(parse_timestamp(""));
  CHECK(*parse_way("kprobe") == KprobeWay::kprobe);
  CHECK(*parse_way("kprobe-event") == KprobeWay::kprobe_event);
  CHECK(*parse_way("kprobe-multi") == KprobeWay::kprobe_multi);
  CHECK_FALSE(parse_way("kprobe_multi"));
  CHECK_FALSE(parse_way(""));
  CHECK(*parse_path("/tmp/x") == "/tmp/x");
  CHECK_FALSE(parse_path(""));
}

TEST_CASE("durations are seconds, to the millisecond") {
  const auto ms = [](const char* text) { return parse_duration(text)->count(); };
  CHECK(ms("1") == 1000);
  CHECK(ms("0.001") == 1);
  CHECK(ms("2.5") == 2500);
  CHECK(ms("10.05") == 10050);
  CHECK(ms("100000000") == 100'000'000'000);
  for (const char* text :
       {"", "0", "0.0", ".5", "1.", "-1", "+1", "1.2345", "1s", "1e3", "1.-1", "100000001"}) {
    CAPTURE(text);
    const auto parsed = parse_duration(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().exit_status() == 2);
  }
}
