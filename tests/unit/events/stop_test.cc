// SPDX-License-Identifier: BSD-2-Clause
#include "events/stop.h"

#include <bpf/libbpf.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "events/clock.h"
#include "events/ring.h"

using namespace socketrace;

// First: it counts only while nothing else has.
TEST_CASE("stop: the time is up") {
  const std::atomic<int>& stops = install_stop_signals();
  REQUIRE(stops == 0);
  stop_after(std::chrono::milliseconds(20));
  const int64_t begin = clock();
  while (stops == 0 && clock() - begin < 10 * CLOCKS_PER_SEC) usleep(1000);
  CHECK(stops == 1);
  stop_after(std::chrono::milliseconds(1));
  usleep(50'000);
  CHECK(stops == 1);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGALRM}) {
    ::signal(signal, SIG_DFL);
  }
}

TEST_CASE("stop: signals count up, and a closed pipe is an errno") {
  const std::atomic<int>& stops = install_stop_signals();
  const int before = stops;
  raise(SIGINT);
  CHECK(stops == before + 1);
  raise(SIGTERM);
  CHECK(stops == before + 2);

  int ends[2];
  REQUIRE(pipe(ends) == 0);
  close(ends[0]);
  CHECK(write(ends[1], "x", 1) == -1);
  CHECK(errno == EPIPE);
  close(ends[1]);

  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  CHECK((action.sa_flags & SA_RESTART) == 0);
  sigaction(SIGXFSZ, nullptr, &action);
  CHECK((action.sa_handler == SIG_IGN));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
}

TEST_CASE("stop: nohup stays in force") {
  ::signal(SIGHUP, SIG_IGN);
  install_stop_signals();
  struct sigaction action = {};
  sigaction(SIGHUP, nullptr, &action);
  CHECK((action.sa_handler == SIG_IGN));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_DFL);
}

TEST_CASE("clock: two measurements agree") {
  const int64_t first = realtime_offset_ns();
  CHECK(first > 0);
  CHECK(std::abs(realtime_offset_ns() - first) < 1'000'000'000);
}

TEST_CASE("clock: the distance to the wall clock is measured again for every second of events") {
  static int64_t distance;
  static int measured;
  distance = 1000;
  measured = 0;
  WallClock clock([] {
    ++measured;
    return distance;
  });
  constexpr uint64_t kSecond = 1'000'000'000;
  CHECK(clock.at(5 * kSecond) == int64_t{5 * kSecond} + 1000);
  distance = 9000;  // the host has slept, or its clock was set
  CHECK(clock.at(6 * kSecond - 1) == int64_t{6 * kSecond} - 1 + 1000);
  CHECK(clock.at(6 * kSecond) == int64_t{6 * kSecond} + 9000);
  CHECK(clock.at(5 * kSecond) == int64_t{5 * kSecond} + 9000);
  CHECK(measured == 3);
  CHECK(WallClock(-7).at(5) == -2);
}

TEST_CASE("ring: something that is no ring buffer") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  libbpf_set_print(nullptr);  // it would tell stderr what the error tells us
  const auto ring = Ring::open(ends[0], [](auto) { return true; });
  REQUIRE_FALSE(ring.has_value());
  CHECK(ring.error().text().starts_with("map the ring buffer: "));
  CHECK(ring.error().errnum() != 0);
  close(ends[0]);
  close(ends[1]);
}
