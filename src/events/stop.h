// SPDX-License-Identifier: BSD-2-Clause
// Normal ends by signal: SIGINT, SIGTERM, SIGHUP count up; SIGPIPE and SIGXFSZ are ignored (write
// tells).
#pragma once

#include <atomic>
#include <chrono>

namespace socketrace {

// Installs the handlers (without SA_RESTART, so that waits return) and gives the counter: 0 run,
// 1 stop and drain, 2 or more skip the drain.
const std::atomic<int>& install_stop_signals();

// Counts up by itself after that long, unless a signal has come before: a normal end as well.
void stop_after(std::chrono::milliseconds duration);

}  // namespace socketrace
