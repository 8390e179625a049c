// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.h"

#include <doctest/doctest.h>

#include <string>

using namespace socketrace;
using namespace std::string_literals;

namespace {
std::string escaped(std::string_view bytes, Spaces spaces = Spaces::keep) {
  Buffer out(1);  // grows on the way
  put_escaped(out, bytes, spaces);
  return std::string(out.view());
}
}  // namespace

TEST_CASE("escape: printable ASCII stays, the rest becomes hex") {
  CHECK(escaped("") == "");
  CHECK(escaped("kworker/0:1-ev") == "kworker/0:1-ev");
  CHECK(escaped("a b") == "a b");
  CHECK(escaped("a b", Spaces::escape) == "a\\x20b");
  CHECK(escaped("\x1b[2J") == "\\x1b[2J");
  CHECK(escaped("x\ny\tz\0w"s) == "x\\x0ay\\x09z\\x00w");
  CHECK(escaped("C:\\x") == "C:\\\\x");
  CHECK(escaped("\x7f\x80\xff") == "\\x7f\\x80\\xff");
  CHECK(escaped("caf\xc3\xa9") == "caf\\xc3\\xa9");
}

TEST_CASE("escape: every byte gives printable text that says which byte it was") {
  for (int value = 0; value < 256; ++value) {
    const auto byte = static_cast<char>(value);
    for (const Spaces spaces : {Spaces::keep, Spaces::escape}) {
      const std::string text = escaped({&byte, 1}, spaces);
      CAPTURE(value);
      for (const char c : text) REQUIRE((c >= 0x20 && c < 0x7f));
      if (text.size() == 4) {
        CHECK(std::stoi(text.substr(2), nullptr, 16) == value);
      } else if (text.size() == 2) {
        CHECK(text == "\\\\");
        CHECK(byte == '\\');
      } else {
        CHECK(text == std::string(1, byte));
      }
    }
  }
}
