// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "attach/counters.h"
#include "run/loss_watch.h"

namespace socketrace {

constexpr LossWords kHitLosses = {"hits", "ring full",
                                  "a larger --buffer-size or a narrower filter helps",
                                  "fewer functions or events help"};
constexpr LossWords kCountLosses = {"hits", "no room", "a narrower filter helps",
                                    "fewer functions or events help"};

// For the run loop to call as often as it likes: says what has been lost, if anything and if it is
// time. `counters` is borrowed.
std::function<void()> loss_teller(LossWords words, const Counters& counters,
                                  std::function<std::optional<uint64_t>()> missed);

}  // namespace socketrace
