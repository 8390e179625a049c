// SPDX-License-Identifier: BSD-2-Clause
#include "output/write_all.h"

#include <unistd.h>

#include <cerrno>

namespace socketrace {

const WriteCalls kSystemWriteCalls = {::write, ::poll};

Written write_all(int fd, std::string_view bytes, const std::atomic<int>* stop,
                  const WriteCalls& calls) {
  Written done;
  while (done.bytes < bytes.size()) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed) >= 2) {
      // Whatever fits without waiting was asked for above; a file never waits.
      pollfd ready = {fd, POLLOUT, 0};
      if (calls.poll(&ready, 1, 0) == 0) {
        done.gave_up = true;
        return done;
      }
    }
    const ssize_t count = calls.write(fd, bytes.data() + done.bytes, bytes.size() - done.bytes);
    if (count > 0) {
      done.bytes += static_cast<size_t>(count);
      continue;
    }
    const int errnum = count == 0 ? EIO : errno;  // POSIX leaves 0 open; no kernel file does it
    if (errnum == EINTR) continue;
    if (errnum != EAGAIN && errnum != EWOULDBLOCK) {
      done.errnum = errnum;
      return done;
    }
    pollfd ready = {fd, POLLOUT, 0};
    if (calls.poll(&ready, 1, -1) < 0 && errno != EINTR && errno != EAGAIN) {
      done.errnum = errno;
      return done;
    }
  }
  return done;
}

}  // namespace socketrace
