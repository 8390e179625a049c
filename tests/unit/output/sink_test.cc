// SPDX-License-Identifier: BSD-2-Clause
#include "output/sink.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

using namespace socketrace;

namespace {

struct TemporaryFile {
  TemporaryFile() {
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    close(fd);
  }
  ~TemporaryFile() { unlink(path.c_str()); }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  std::string path = "/tmp/socketrace-sink-XXXXXX";
};

// Puts another file in the place of stdout for one scope; -1 closes it.
struct StdoutIs {
  explicit StdoutIs(int fd) : saved(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100)) {
    fflush(stdout);
    if (fd >= 0) {
      dup2(fd, STDOUT_FILENO);
    } else {
      close(STDOUT_FILENO);
    }
  }
  ~StdoutIs() {
    dup2(saved, STDOUT_FILENO);
    close(saved);
  }
  int saved;
};

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  }
  Fd reader, writer;
};

void put_hit(Sink& sink, std::string_view text) {
  sink.buffer().put(text);
  REQUIRE(sink.line_done().has_value());
}

// A disk that has room for so many bytes.
size_t room = 0;
ssize_t write_while_room(int fd, const void* bytes, size_t count) {
  if (room == 0) {
    errno = ENOSPC;
    return -1;
  }
  const ssize_t done = ::write(fd, bytes, std::min(count, room));
  room -= static_cast<size_t>(done);
  return done;
}
constexpr WriteCalls kFullDisk = {write_while_room, ::poll};

}  // namespace

TEST_CASE("sink: lines wait for the batch, then are all there") {
  const TemporaryFile file;
  std::ofstream(file.path) << "what was there before\n";
  auto opened = Sink::open(file.path);
  REQUIRE(opened.has_value());
  Sink& sink = *opened;
  CHECK_FALSE(sink.terminal());
  CHECK(file.text().empty());  // truncated at once
  put_hit(sink, "first\n");
  CHECK(file.text().empty());
  CHECK(sink.lines_written() == 0);
  REQUIRE(sink.flush().has_value());
  CHECK(file.text() == "first\n");
  CHECK(sink.lines_written() == 1);

  const std::string line(99, 'x');
  std::string expected = "first\n";
  for (int i = 0; i < 2000; ++i) {
    put_hit(sink, line + "\n");
    expected += line + "\n";
  }
  CHECK(file.text().size() > 65536);
  REQUIRE(sink.finish().has_value());
  CHECK(file.text() == expected);
  CHECK(sink.lines_written() == 2001);
  struct stat status;
  stat(file.path.c_str(), &status);
  CHECK((status.st_mode & 0111) == 0);
}

TEST_CASE("sink: a path that cannot be opened") {
  const auto opened = Sink::open("/nonexistent/lines");
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().text() == "open /nonexistent/lines: No such file or directory");
  CHECK(opened.error().exit_status() == 1);
}

TEST_CASE("sink: a closed stdout is an error, and its number is nobody's") {
  const TemporaryFile file;
  std::string error, first_error;
  int taken = 0;
  {
    const StdoutIs closed(-1);
    const auto opened = Sink::open("");
    if (!opened) error = opened.error().text();
    auto to_file = Sink::open(file.path);
    taken = fcntl(STDOUT_FILENO, F_GETFD);
    if (to_file) {
      to_file->buffer().put("hit\n");
      static_cast<void>(to_file->line_done());
      static_cast<void>(to_file->finish());
    }
  }
  CHECK(error == "stdout is closed; use --output-file");
  CHECK(taken == -1);
  CHECK(file.text() == "hit\n");
}

TEST_CASE("sink: a reader that went away is a quiet end") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reader.reset();
  const StdoutIs redirected(pipe.writer.get());
  auto sink = Sink::open("");
  REQUIRE(sink.has_value());
  put_hit(*sink, "hit\n");
  CHECK_FALSE(sink->closed());
  CHECK(sink->flush().has_value());
  CHECK(sink->closed());
  CHECK(sink->lines_written() == 0);
  put_hit(*sink, "another\n");
  CHECK(sink->finish().has_value());
  CHECK(sink->buffer().size() == 0);
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("sink: a full disk is one error, and the file ends with a whole hit") {
  const TemporaryFile file;
  // Header, two hits, one of them with its stack.
  const std::string header = "CPU\n", one = "hit one\n\tf+0x1\n\tg+0x2\n",
                    two = "hit two\n\th+0x3\n";
  const std::string all = header + one + two;
  for (size_t fits = 0; fits < all.size(); ++fits) {
    CAPTURE(fits);
    room = fits;
    auto sink = Sink::open(file.path, nullptr, kFullDisk);
    REQUIRE(sink.has_value());
    sink->buffer().put(header);
    put_hit(*sink, one);
    put_hit(*sink, two);
    const auto flushed = sink->flush();
    REQUIRE_FALSE(flushed.has_value());
    CHECK(flushed.error().text() == "write " + file.path + ": No space left on device");
    CHECK(flushed.error().errnum() == ENOSPC);
    const size_t hits = fits >= header.size() + one.size() ? 1 : 0;
    CHECK(sink->lines_written() == hits);
    CHECK(file.text() == (hits == 1 ? header + one : fits >= header.size() ? header : ""));
    // Nothing follows, and nobody is told twice.
    put_hit(*sink, "late\n");
    CHECK(sink->finish().has_value());
    CHECK(file.text().find("late") == std::string::npos);
  }
}

TEST_CASE("sink: a full disk, and hits in which newlines mean nothing") {
  const TemporaryFile file;
  const std::string header = "\n\n", one = "a\nb\n\t", two = "\n\nc";
  const std::string all = one + two;
  for (size_t fits = header.size(); fits < header.size() + all.size(); ++fits) {
    CAPTURE(fits);
    room = fits;
    auto sink = Sink::open(file.path, nullptr, kFullDisk);
    REQUIRE(sink.has_value());
    sink->hits_are_packets();
    sink->buffer().put(header);
    REQUIRE(sink->flush().has_value());
    put_hit(*sink, one);
    put_hit(*sink, two);
    REQUIRE_FALSE(sink->flush().has_value());
    const size_t hits = fits >= header.size() + one.size() ? 1 : 0;
    CHECK(sink->lines_written() == hits);
    CHECK(file.text() == (hits == 1 ? header + one : header));
  }
}

TEST_CASE("sink: /dev/full") {
  auto sink = Sink::open("/dev/full");
  REQUIRE(sink.has_value());
  put_hit(*sink, "hit\n");
  const auto flushed = sink->flush();
  REQUIRE_FALSE(flushed.has_value());
  CHECK(flushed.error().text() == "write /dev/full: No space left on device");
  CHECK_FALSE(sink->closed());
}

TEST_CASE("sink: the bytes of others in a shared stdout survive a torn hit of ours") {
  const TemporaryFile file;
  const Fd shared(::open(file.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  REQUIRE(write(shared.get(), "theirs\n", 7) == 7);
  room = 6;
  {
    const StdoutIs redirected(shared.get());
    auto sink = Sink::open("", nullptr, kFullDisk);
    REQUIRE(sink.has_value());
    put_hit(*sink, "one\n");
    put_hit(*sink, "two\n");
    CHECK_FALSE(sink->flush().has_value());
    CHECK(sink->lines_written() == 1);
  }
  CHECK(file.text() == "theirs\none\n");
}

TEST_CASE("sink: a non-blocking pipe with a slow reader gets every byte once") {
  Pipe pipe;
  REQUIRE(fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK) == 0);
  fcntl(pipe.writer.get(), F_SETPIPE_SZ, 4096);
  std::string expected;
  std::string received;
  std::thread reader([&] {
    char bytes[1000];
    for (ssize_t n; (n = read(pipe.reader.get(), bytes, sizeof(bytes))) > 0;) {
      received.append(bytes, static_cast<size_t>(n));
    }
  });
  uint64_t written = 0;
  bool failed = false;
  {
    const StdoutIs redirected(pipe.writer.get());
    pipe.writer.reset();
    auto sink = Sink::open("");
    for (int i = 0; i < 20000; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      expected += line;
      sink->buffer().put(line);
      failed |= !sink->line_done();
    }
    failed |= !sink->finish();
    written = sink->lines_written();
  }
  reader.join();
  CHECK_FALSE(failed);
  CHECK(written == 20000);
  CHECK((received == expected));
}

TEST_CASE("sink: a terminal gets every line at once, and hanging up is a quiet end") {
  int master = -1, slave = -1;
  REQUIRE(openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  const Fd owned_master(master);
  const StdoutIs redirected(slave);
  close(slave);
  auto sink = Sink::open("");
  REQUIRE(sink.has_value());
  CHECK(sink->terminal());
  put_hit(*sink, "hit\n");
  CHECK(sink->lines_written() == 1);
  CHECK(sink->buffer().size() == 0);
  const_cast<Fd&>(owned_master).reset();
  put_hit(*sink, "gone\n");
  CHECK(sink->closed());
}
