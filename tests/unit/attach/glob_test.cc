// SPDX-License-Identifier: BSD-2-Clause
#include "attach/glob.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace socketrace;
using namespace std::string_literals;

namespace {

// As name_matches in bpf/dump/names.h runs it.
bool run(const st_glob& glob, const std::string& name) {
  if (name.empty() || (name[0] == '\0') != (glob.abstract != 0)) return false;
  uint64_t low = 1;
  uint64_t high = 0;
  for (size_t at = glob.abstract; at < name.size(); ++at) {
    const auto byte = static_cast<uint8_t>(name[at]);
    if (byte == 0 && glob.abstract == 0) break;
    const uint64_t next_low = low & glob.accept[byte][0];
    const uint64_t next_high = high & glob.accept[byte][1];
    low = (low & glob.star[0]) | next_low << 1;
    high = (high & glob.star[1]) | next_high << 1 | next_low >> 63;
  }
  return ((glob.tokens < 64 ? low >> glob.tokens : high >> (glob.tokens - 64)) & 1) != 0;
}

bool matches(const std::string& pattern, const std::string& name) {
  const auto glob = compile_glob(pattern);
  REQUIRE(glob);
  return run(*glob, name);
}

std::string refusal(const std::string& pattern) {
  const auto glob = compile_glob(pattern);
  if (glob) return "";
  CHECK(glob.error().exit_status() == 2);
  return glob.error().text();
}

}  // namespace

TEST_CASE("a name without stars is that name") {
  CHECK(matches("/run/x.sock", "/run/x.sock\0"s));
  CHECK(matches("/run/x.sock", "/run/x.sock"));  // 108 bytes leave no room for the NUL
  CHECK_FALSE(matches("/run/x.sock", "/run/x.soc"));
  CHECK_FALSE(matches("/run/x.sock", "/run/x.sock2"));
  CHECK_FALSE(matches("/run/x.sock", "\0/run/x.sock"s));
  CHECK_FALSE(matches("x", ""));
}

TEST_CASE("stars, question marks, sets and escapes") {
  CHECK(matches("/run/*", "/run/a/b\0"s));
  CHECK(matches("/run/*", "/run/"));
  CHECK_FALSE(matches("/run/*", "/ru"));
  CHECK(matches("*.sock", "a.sock.sock"));
  CHECK(matches("*a*b*", "xxaxxbxx"));
  CHECK_FALSE(matches("*a*b*", "xxbxxaxx"));
  CHECK(matches("a?c", "abc"));
  CHECK_FALSE(matches("a?c", "ac"));
  CHECK(matches("[a-c]x", "bx"));
  CHECK_FALSE(matches("[!a-c]x", "bx"));
  CHECK(matches("[]-]x", "-x"));
  CHECK(matches("[]-]x", "]x"));
  CHECK(matches("\\*", "*"));
  CHECK_FALSE(matches("\\*", "a"));
  CHECK(matches("\\x2a\\xff", "*\xff"));
  CHECK(matches("\\@x", "@x"));
}

TEST_CASE("abstract names hold any byte") {
  CHECK(matches("@x", "\0x"s));
  CHECK_FALSE(matches("@x", "x"));
  CHECK_FALSE(matches("@x", "\0xy"s));
  CHECK(matches("@x*", "\0xy"s));
  CHECK(matches("@a\\x00b", "\0a\0b"s));
  CHECK(matches("@a?b", "\0a\0b"s));
  CHECK_FALSE(matches("@a", "\0a\0"s));  // the length counts, not a NUL
  CHECK(matches("@", "\0"s));
}

TEST_CASE("names as long as they can be, over both words of the sets") {
  for (const size_t length : {63, 64, 65, 107, 108}) {
    CAPTURE(length);
    const std::string name(length, 'x');
    CHECK(matches(name, name));
    CHECK(matches(std::string("*").append(name, 1), name));
    CHECK(matches(std::string(name, 1).append("*"), name));
    CHECK_FALSE(matches(name, name.substr(1)));
    CHECK_FALSE(matches(name, std::string(name, 1).append("y")));
  }
}

TEST_CASE("what cannot be a pattern, or can never match, is told") {
  CHECK(refusal("a[b") == "ends within [...]: want a ']'");
  CHECK(refusal("a\\") == "ends with a '\\': want '\\\\' for the byte itself");
  CHECK(refusal("\\x1") == "'\\x' without two hexadecimal digits");
  CHECK(refusal("[z-a]") == "a range in [...] ends before it begins");
  CHECK(refusal(std::string(109, 'x')) ==
        "can never match: names of sockets have at most 108 bytes");
  CHECK(refusal("@" + std::string(108, 'x')) ==
        "can never match: names of sockets have at most 107 bytes");
}
