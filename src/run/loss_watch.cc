// SPDX-License-Identifier: BSD-2-Clause
#include "run/loss_watch.h"

#include <fmt/format.h>

#include <algorithm>

namespace socketrace {

std::vector<std::string> LossWatch::grown(const Losses& losses, Clock::time_point now) {
  const std::chrono::duration<double> passed = now - last_;
  last_ = now;
  std::vector<std::string> lines;
  const auto tell = [&](uint64_t& before, uint64_t count, const char* how, const char* because,
                        const char* remedy) {
    if (count > before) {
      lines.push_back(fmt::format("{} {} {} in the last {:.0f} s ({}; {} in all): {}",
                                  count - before, words_.what, how, passed.count(), because, count,
                                  remedy));
    }
    before = std::max(before, count);
  };
  tell(told_.lost, losses.lost, "lost", words_.lost_because, words_.lost_remedy);
  if (losses.missed) {
    tell(*told_.missed, *losses.missed, "missed", "re-entry", words_.missed_remedy);
  }
  return lines;
}

}  // namespace socketrace
