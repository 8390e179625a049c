// SPDX-License-Identifier: BSD-2-Clause
#include "cli/number.h"

#include <doctest/doctest.h>

using namespace socketrace;

TEST_CASE("decimal takes whole numbers up to its limit and nothing else") {
  CHECK(decimal("0", 10) == 0);
  CHECK(decimal("10", 10) == 10);
  CHECK(decimal("0010", 10) == 10);
  CHECK_FALSE(decimal("11", 10));
  CHECK(decimal("18446744073709551615", UINT64_MAX) == UINT64_MAX);
  CHECK_FALSE(decimal("18446744073709551616", UINT64_MAX));
  CHECK_FALSE(decimal("99999999999999999999999999999999", UINT64_MAX));
  for (const char* wrong : {"", " 1", "1 ", "-1", "+1", "1x", "0x1", "1.0", "1e3", "--", "\n1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(decimal(wrong, UINT64_MAX));
  }
}

TEST_CASE("hexadecimal needs its 0x") {
  CHECK(decimal_or_hex("0xff", 255) == 255);
  CHECK(decimal_or_hex("0XfF", 255) == 255);
  CHECK(decimal_or_hex("255", 255) == 255);
  CHECK_FALSE(decimal_or_hex("0x100", 255));
  for (const char* wrong : {"ff", "0x", "0xg", "0x-1", "0x 1", "0x0x1", "x1", ""}) {
    CAPTURE(wrong);
    CHECK_FALSE(decimal_or_hex(wrong, UINT64_MAX));
  }
}
