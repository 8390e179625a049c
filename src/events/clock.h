// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

namespace socketrace {

// CLOCK_REALTIME minus CLOCK_MONOTONIC now: adds to st_event.time_ns for the wall clock. A step of
// the wall clock after this call is not seen; events keep their order.
int64_t realtime_offset_ns();

// CLOCK_MONOTONIC, as st_event.time_ns.
uint64_t monotonic_ns();

}  // namespace socketrace
