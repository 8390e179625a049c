// SPDX-License-Identifier: BSD-2-Clause
#include "events/stop.h"

#include <sys/time.h>

#include <csignal>

namespace socketrace {
namespace {

std::atomic<int> g_stops = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler counts it");

void count_stop(int) {
  g_stops.fetch_add(1, std::memory_order_relaxed);
}

// Not a second wish: whoever pressed Ctrl-C just before still wants all that is in the ring.
void count_first_stop(int) {
  int none = 0;
  g_stops.compare_exchange_strong(none, 1, std::memory_order_relaxed);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);  // fails for a bad signal number only
}

}  // namespace

const std::atomic<int>& install_stop_signals() {
  // SIGINT also when it came ignored: a shell script starts its background jobs that way, and
  // kill -INT is how scripts stop us.
  handle(SIGINT, count_stop);
  handle(SIGTERM, count_stop);
  // nohup ignores SIGHUP for us; keep it so.
  struct sigaction current = {};
  sigaction(SIGHUP, nullptr, &current);
  if (current.sa_handler != SIG_IGN) handle(SIGHUP, count_stop);
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);  // write gives EFBIG instead
  return g_stops;
}

void stop_after(std::chrono::milliseconds duration) {
  handle(SIGALRM, count_first_stop);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  itimerval timer = {};
  timer.it_value.tv_sec = seconds.count();
  timer.it_value.tv_usec = std::chrono::microseconds(duration - seconds).count();
  setitimer(ITIMER_REAL, &timer, nullptr);  // fails for numbers out of range only
}

}  // namespace socketrace
