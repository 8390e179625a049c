// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/losses.h"

#include <string>
#include <utility>

#include "base/log.h"

namespace socketrace {

std::function<void()> loss_teller(LossWords words, const Counters& counters,
                                  std::function<std::optional<uint64_t>()> missed) {
  return [watch = LossWatch(words, LossWatch::Clock::now()), &counters,
          missed = std::move(missed)]() mutable {
    const auto now = LossWatch::Clock::now();
    if (!watch.due(now)) return;
    const auto totals = counters.totals();
    if (!totals) return;  // the account at the end says so
    for (const std::string& line : watch.grown({totals->lost, missed()}, now)) say(line);
  };
}

}  // namespace socketrace
