// SPDX-License-Identifier: BSD-2-Clause
// What has been lost is told while it happens: who is killed tells nothing at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace socketrace {

// Since the start.
struct Losses {
  uint64_t lost = 0;
  std::optional<uint64_t> missed;  // nullopt: this kernel does not tell
};

// What a command loses and what helps, in its own words: "hits", "ring full", "a larger ...".
struct LossWords {
  const char* what;
  const char* lost_because;
  const char* lost_remedy;
  const char* missed_remedy;
};

class LossWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kEvery{5};

  LossWatch(LossWords words, Clock::time_point begin) : words_(words), last_(begin) {}

  bool due(Clock::time_point now) const { return now - last_ >= kEvery; }
  // One line for each cause whose losses have grown since the last time, which becomes now.
  std::vector<std::string> grown(const Losses& losses, Clock::time_point now);

 private:
  LossWords words_;
  Clock::time_point last_;
  Losses told_{0, 0};
};

}  // namespace socketrace
