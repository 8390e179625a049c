// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <thread>

#include "base/fd.h"

using namespace socketrace;

namespace {

// What `speak` writes to stderr; a pipe holds 64 KiB.
std::string said(const std::function<void()>& speak) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const Fd before(::dup(STDERR_FILENO));
  ::dup2(writer.get(), STDERR_FILENO);
  writer.reset();
  speak();
  ::dup2(before.get(), STDERR_FILENO);
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(reader.get(), bytes.data(), bytes.size());
  return {bytes.data(), count > 0 ? static_cast<size_t>(count) : 0};
}

}  // namespace

TEST_CASE("log: foreign bytes neither end our line nor reach the terminal") {
  CHECK(said([] { say_error("open a\nsocketrace: all is well: No such file"); }) ==
        "socketrace: open a\\x0asocketrace: all is well: No such file\n");
  CHECK(said([] { say_error("\x1b[31m\x7f\r\t"); }) == "socketrace: \\x1b[31m\\x7f\\x0d\\x09\n");
  // U+009B is CSI, as ESC [ is.
  CHECK(said([] { say_error("\xc2\x9b"); }) == "socketrace: \\xc2\\x9b\n");
  CHECK(said([] { say_error(R"(--filter-funcs '\d(')"); }) ==
        "socketrace: --filter-funcs '\\d('\n");
}

TEST_CASE("log: a hint is a line of its own") {
  CHECK(said([] { say_error("wrong", "Try this."); }) == "socketrace: wrong\nTry this.\n");
}

TEST_CASE("log: lines of others, each marked as ours to tell, with -v only") {
  CHECK(said([] { say_verbose_lines("a\nb"); }).empty());
  set_loudness(Loudness::verbose);
  CHECK(said([] { say_verbose_lines("a\n\nb\n"); }) ==
        "socketrace: a\nsocketrace: \nsocketrace: b\n");
  set_loudness(Loudness::normal);
}

TEST_CASE("log: a slow reader of a non-blocking stderr gets the whole message") {
  constexpr size_t kMore = 200000;  // than a pipe holds
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  ::fcntl(writer.get(), F_SETFL, O_NONBLOCK);
  std::string got;
  std::thread slow([&] {
    std::array<char, 1000> bytes;
    for (ssize_t n; (n = ::read(reader.get(), bytes.data(), bytes.size())) > 0;) {
      got.append(bytes.data(), static_cast<size_t>(n));
    }
  });
  const Fd before(::dup(STDERR_FILENO));
  ::dup2(writer.get(), STDERR_FILENO);
  writer.reset();
  say_error(std::string(kMore, 'x'));
  ::dup2(before.get(), STDERR_FILENO);
  slow.join();
  CHECK(got == "socketrace: " + std::string(kMore, 'x') + "\n");
}
