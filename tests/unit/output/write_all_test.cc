// SPDX-License-Identifier: BSD-2-Clause
#include "output/write_all.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

using namespace socketrace;

namespace {

// A kernel that answers as told: > 0 takes that many bytes, < 0 is an errno.
struct Kernel {
  std::vector<int> answers;
  size_t next = 0;
  std::string taken;
  int polls = 0;
  int poll_answer = 1;
} kernel;

std::atomic<int> stops = 0;

ssize_t fake_write(int, const void* bytes, size_t count) {
  const int answer = kernel.next < kernel.answers.size() ? kernel.answers[kernel.next++] : 1 << 20;
  if (answer < 0) {
    if (answer == -EINTR) ++stops;
    errno = -answer;
    return -1;
  }
  const size_t size = std::min(count, static_cast<size_t>(answer));
  kernel.taken.append(static_cast<const char*>(bytes), size);
  return static_cast<ssize_t>(size);
}
int fake_poll(pollfd*, nfds_t, int) {
  ++kernel.polls;
  return kernel.poll_answer;
}
constexpr WriteCalls kFake = {fake_write, fake_poll};

Written write_with(std::vector<int> answers, const std::atomic<int>* stop = nullptr) {
  kernel = {};
  kernel.answers = std::move(answers);
  stops = 0;
  return write_all(9, "0123456789", stop, kFake);
}

}  // namespace

TEST_CASE("write_all: short writes, interruptions and full pipes lose and repeat nothing") {
  const Written written = write_with({3, -EINTR, 1, -EAGAIN, 2, -EAGAIN, -EINTR, 1});
  CHECK(written.bytes == 10);
  CHECK(written.errnum == 0);
  CHECK(kernel.taken == "0123456789");
  CHECK(kernel.polls == 2);
}

TEST_CASE("write_all: an error tells how far it came") {
  for (const int errnum : {ENOSPC, EPIPE, EIO, EFBIG, EDQUOT, EBADF}) {
    const Written written = write_with({4, -errnum, 6});
    CHECK(written.bytes == 4);
    CHECK(written.errnum == errnum);
    CHECK_FALSE(written.gave_up);
    CHECK(kernel.taken == "0123");
  }
}

TEST_CASE("write_all: a file that takes nothing is an error, not an endless loop") {
  const Written written = write_with({4, 0});
  CHECK(written.bytes == 4);
  CHECK(written.errnum == EIO);
}

TEST_CASE("write_all: the second signal gives up on a reader that sleeps") {
  kernel = {};
  kernel.answers = {4, -EINTR, -EINTR};
  kernel.poll_answer = 0;
  stops = 0;
  const Written written = write_all(9, "0123456789", &stops, kFake);
  CHECK(written.gave_up);
  CHECK(written.bytes == 4);
  CHECK(kernel.next == 3);
}

TEST_CASE("write_all: after the second signal what can be written still is") {
  const Written written = write_with({4, -EINTR, -EINTR, 6}, &stops);
  CHECK_FALSE(written.gave_up);
  CHECK(written.bytes == 10);
}
