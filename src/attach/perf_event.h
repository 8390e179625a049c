// SPDX-License-Identifier: BSD-2-Clause
// Perf events as a place for BPF programs: of every task, and of one CPU, which is where perf
// itself would count. The program runs on all CPUs.
#pragma once

#include <linux/perf_event.h>

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

Result<Fd> open_perf_event(perf_event_attr attr);

// `folder`: "TRACEFS/events/GROUP/NAME".
Result<Fd> open_tracepoint_event(const std::string& folder);

}  // namespace socketrace
