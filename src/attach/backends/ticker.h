// SPDX-License-Identifier: BSD-2-Clause
// Progress reports at a rate that a terminal can show.
#pragma once

#include <chrono>

#include "attach/probes.h"

namespace socketrace {

class Ticker {
 public:
  Ticker(const Progress& progress, size_t total) : progress_(progress), total_(total) {}

  void tick(size_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (!progress_.report || (done != total_ && now - last_ < kInterval)) return;
    last_ = now;
    progress_.report(done, total_);
  }

  static constexpr std::chrono::milliseconds kInterval{50};

 private:
  const Progress& progress_;
  size_t total_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace socketrace
