// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/close_all.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <thread>

using namespace socketrace;

namespace {
bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

struct Opened {
  explicit Opened(size_t count) {
    for (size_t i = 0; i < count; i++) {
      fds.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
      numbers.push_back(fds.back().get());
      REQUIRE(is_open(numbers.back()));
    }
  }
  std::vector<Fd> fds;
  std::vector<int> numbers;
};
}  // namespace

TEST_CASE("every descriptor is closed, by few or many") {
  for (const size_t count : {0U, 1U, 4U, 5U, 200U}) {
    Opened opened(count);
    CHECK(close_all(opened.fds, {}) == 0);
    CHECK(opened.fds.empty());
    for (const int number : opened.numbers) CHECK_FALSE(is_open(number));
  }
}

TEST_CASE("progress is told from the calling thread and ends at the total") {
  Opened opened(100);
  const auto caller = std::this_thread::get_id();
  size_t last = 0;
  Progress progress;
  progress.report = [&](size_t done, size_t total) {
    CHECK(std::this_thread::get_id() == caller);
    CHECK(total == 100);
    CHECK(done >= last);
    last = done;
  };
  CHECK(close_all(opened.fds, progress) == 0);
  CHECK(last == 100);
}

TEST_CASE("the first wish to stop does not stop closing, the second leaves the rest open") {
  std::atomic<int> stop = 1;
  Progress progress;
  progress.stop = &stop;
  Opened all(50);
  CHECK(close_all(all.fds, progress) == 0);

  stop = 2;
  Opened few(3);
  CHECK(close_all(few.fds, progress) == 3);
  CHECK(few.fds.empty());
  for (const int number : few.numbers) {
    CHECK(is_open(number));
    ::close(number);
  }
}
