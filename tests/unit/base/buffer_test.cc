// SPDX-License-Identifier: BSD-2-Clause
#include "base/buffer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using namespace socketrace;

TEST_CASE("buffer: grows by what is put, keeps what was there") {
  Buffer out(0);
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    out.put('c');
    out.put("text");
    out.put(std::string_view());
    out.put_repeated('=', static_cast<size_t>(i));
    expected += "ctext" + std::string(static_cast<size_t>(i), '=');
  }
  CHECK(out.view() == expected);
  out.drop_front(5);
  CHECK(out.view() == expected.substr(5));
  out.shrink_to(3);
  CHECK(out.view() == expected.substr(5, 3));
  out.shrink_to(10);
  CHECK(out.size() == 3);
  out.drop_front(10);
  CHECK(out.size() == 0);
}

TEST_CASE("buffer: pads to a column, narrow or wide, and cuts nothing") {
  for (const size_t width :
       {size_t{0}, size_t{1}, size_t{31}, size_t{32}, size_t{33}, size_t{100}}) {
    for (const size_t used : {size_t{0}, size_t{1}, size_t{40}}) {
      Buffer out(1);
      out.put("before");
      const size_t start = out.size();
      out.put_repeated('x', used);
      out.pad_to(start, width);
      out.put('|');
      const size_t spaces = used < width ? width - used : 0;
      CHECK(out.view() == "before" + std::string(used, 'x') + std::string(spaces, ' ') + "|");
    }
  }
}

TEST_CASE("buffer: numbers at the edges of every length") {
  const auto check = [](auto value) {
    Buffer out(1);
    out.put_number(value);
    CHECK(out.view() == std::to_string(value));
  };
  for (uint64_t power = 1; power != 0; power *= 2) {
    check(power);
    check(power - 1);
    check(power + 1);
  }
  uint64_t power = 1;
  for (int digits = 0; digits < 20; ++digits, power *= 10) {
    check(power - 1);
    check(power);
    check(power + 1);
  }
  for (const int64_t value :
       {int64_t{0}, int64_t{-1}, int64_t{-10}, std::numeric_limits<int64_t>::min(),
        std::numeric_limits<int64_t>::max()}) {
    check(value);
  }
  check(std::numeric_limits<uint64_t>::max());
  check(static_cast<uint16_t>(65535));
  check(-1);
  for (int value = 0; value < 20000; ++value) {
    Buffer out(8);
    out.put_number(value);
    REQUIRE(out.view() == std::to_string(value));
  }
}

TEST_CASE("buffer: numbers in hex") {
  Buffer out(1);
  out.put_number(0xffffffff81000000u, 16);
  out.put(' ');
  out.put_number(0, 16);
  CHECK(out.view() == "ffffffff81000000 0");
}
