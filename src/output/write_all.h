// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <string_view>

namespace socketrace {

// The two system calls, so that a test can answer in their place.
struct WriteCalls {
  ssize_t (*write)(int fd, const void* bytes, size_t count);
  int (*poll)(pollfd* fds, nfds_t count, int timeout_ms);
};
extern const WriteCalls kSystemWriteCalls;

struct Written {
  size_t bytes = 0;  // that reached the file
  int errnum = 0;    // why not all of them did; 0: they did, or `gave_up`
  bool gave_up = false;
};

// Writes every byte once and in order: short writes, EINTR and EAGAIN (a non-blocking pipe: waits
// in poll) are normal. Gives up when a signal arrives and `stop` is 2 or more: the reader sleeps
// and the user asked twice.
Written write_all(int fd, std::string_view bytes, const std::atomic<int>* stop,
                  const WriteCalls& calls = kSystemWriteCalls);

}  // namespace socketrace
