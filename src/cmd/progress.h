// SPDX-License-Identifier: BSD-2-Clause
// A progress bar on stderr for attaching and detaching one by one, which takes seconds to minutes.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "attach/probes.h"

namespace socketrace {

class ProgressBar {
 public:
  // Shown only when stderr is a terminal, not --quiet, and once a second has passed.
  explicit ProgressBar(std::string what);
  ~ProgressBar();  // wipes the bar
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  Progress progress(const std::atomic<int>& stop);

 private:
  void show(size_t done, size_t total);

  std::string what_;
  bool wanted_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace socketrace
