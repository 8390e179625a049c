// SPDX-License-Identifier: BSD-2-Clause
// What the programs share whose traffic is traced in a guest.
#pragma once

#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

inline void must(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::_Exit(1);
}

inline long number(const char* text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
  if (error != std::errc() || *end != '\0' || value < 0) {
    std::fprintf(stderr, "%s: not a number: %s\n", program_invocation_short_name, text);
    std::_Exit(2);
  }
  return value;
}

inline sockaddr_un unix_address(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
  return address;
}

// The last processor: the tracer has the others, where there are others.
inline void stay_on_last_processor() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(static_cast<size_t>(sysconf(_SC_NPROCESSORS_ONLN) - 1), &cpus);
  must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
}

class Stopwatch {
 public:
  // Prints the nanoseconds since birth of each of `count`.
  void print(long count) const {
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin_;
    std::printf("%.1f\n", took.count() / static_cast<double>(count > 0 ? count : 1));
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};
