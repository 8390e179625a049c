// SPDX-License-Identifier: BSD-2-Clause
#include "select/lines.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "unit/select/toy_files.h"

using namespace socketrace;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  ToyFiles files;
  std::vector<std::string> lines;
  const auto read = each_run_of_lines(files.write("text", text), [&](std::string_view run) {
    CHECK(run.size() <= kLongestLine);
    std::string_view line;
    while (next_line(run, line)) lines.emplace_back(line);
  });
  CHECK(read);
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines: empty file, empty lines, no newline at the end, CRLF, NUL") {
  CHECK(lines_of("").empty());
  CHECK(lines_of("\n") == Lines{""});
  CHECK(lines_of("a\n\nb") == Lines{"a", "", "b"});
  CHECK(lines_of("a\r\nb\r") == Lines{"a", "b"});
  CHECK(lines_of(std::string("a\0b\n", 4)) == Lines{std::string("a\0b", 3)});
}

TEST_CASE("lines: nothing is lost where the buffer ends") {
  std::string text;
  for (int i = 0; text.size() < 5 * kLongestLine; ++i) text += "line " + std::to_string(i) + "\n";
  const auto lines = lines_of(text);
  std::string again;
  for (const std::string& line : lines) again += line + "\n";
  CHECK(again == text);
}

TEST_CASE("lines: a line of any length is kept up to the limit and dropped above") {
  const std::string ten_k(size_t{10} * 1024, 'x');
  CHECK(lines_of("a\n" + ten_k + "\nb\n") == Lines{"a", ten_k, "b"});
  const std::string at_limit(kLongestLine - 1, 'x');
  CHECK(lines_of(at_limit + "\nb\n") == Lines{at_limit, "b"});
  for (const size_t size : {kLongestLine, kLongestLine + 1, 3 * kLongestLine}) {
    const std::string above(size, 'x');
    CHECK(lines_of("a\n" + above + "\nb\n") == Lines{"a", "b"});
    CHECK(lines_of("a\n" + above) == Lines{"a"});
    CHECK(lines_of(above + "\n").empty());
  }
}

TEST_CASE("lines: a file that is not there or not readable") {
  const auto ignore = [](std::string_view) {};
  const auto gone = each_run_of_lines("/nonexistent/list", ignore);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().errnum() == ENOENT);
  CHECK(gone.error().text() == "open /nonexistent/list: No such file or directory");
  CHECK(each_run_of_lines("/", ignore).error().errnum() == EISDIR);
}

TEST_CASE("read_whole: content of any size, and its limit") {
  ToyFiles files;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{100000}}) {
    const std::string text(size, 'x');
    const std::string path = files.write("file", text);
    CHECK(read_whole(path, 100000).value() == text);
  }
  const std::string path = files.write("file", std::string(100, 'x'));
  CHECK(read_whole(path, 100).value().size() == 100);
  CHECK(read_whole(path, 99).error().text() == "read " + path + ": larger than 99 bytes");
  // Files without a size of their own, and without an end.
  CHECK(read_whole("/proc/self/cmdline", 100000).value().size() > 1);
  CHECK_FALSE(read_whole("/dev/zero", 100000));
}

TEST_CASE("take_module: the bracket at the end, after a blank or a tab") {
  const auto split = [](std::string_view line) {
    const std::string_view module = take_module(line);
    return std::string(line) + "|" + std::string(module);
  };
  CHECK(split("tcp_sendmsg") == "tcp_sendmsg|");
  CHECK(split("vsock_poll [vsock]") == "vsock_poll|vsock");
  CHECK(split("vsock_poll\t[vsock]") == "vsock_poll|vsock");
  CHECK(split("") == "|");
  CHECK(split("]") == "]|");
  CHECK(split("[a]") == "[a]|");
  CHECK(split("f []") == "f|");
  CHECK(split("f [a") == "f [a|");
}
