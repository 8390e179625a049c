// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "base/log.h"

namespace socketrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kBarWidth = 30;
constexpr milliseconds kPatience{1000};  // shorter work needs no bar
constexpr milliseconds kEvery{100};

void put_on_terminal(const std::string& text) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)),
      wanted_(loudness() != Loudness::quiet && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_) put_on_terminal("\r\033[K");
}

Progress ProgressBar::progress(const std::atomic<int>& stop) {
  Progress progress;
  if (wanted_) progress.report = [this](size_t done, size_t total) { show(done, total); };
  progress.stop = &stop;
  return progress;
}

void ProgressBar::show(size_t done, size_t total) {
  const auto now = steady_clock::now();
  if (total == 0 || now - begin_ < kPatience || now - last_ < kEvery) return;
  last_ = now;
  shown_ = true;
  const size_t filled = kBarWidth * done / total;
  put_on_terminal(fmt::format("\rsocketrace: {} [{:=<{}}{: <{}}] {}/{}\033[K", what_, "", filled,
                              "", kBarWidth - filled, done, total));
}

}  // namespace socketrace
