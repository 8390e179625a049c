// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"
#include "bpf/contract/event.h"
#include "cli/invocation.h"
#include "host/netns.h"

namespace socketrace {

// The programs' read-only configuration from what the user asked for. Resolves network namespaces
// to inode numbers (an unknown one is a usage error) and finds out in which pid namespace we run.
Result<st_config> config_for(const Match& match, const View& view, const NetnsPlaces& places = {});

// Keeps the wakeup mark reachable in a small ring: a mark above the ring's size would never wake
// the reader before records are lost.
void fit_to_ring(st_config& config, uint64_t ring_bytes);

// Sets by_task, quick and the like, which follow from everything else. Apart for tests.
void choose_ways(st_config& config);

// Sets in_pidns, pidns_dev and pidns_ino from what stat says of /proc/self/ns/pid. Apart for tests.
void place_in_pid_namespace(st_config& config, dev_t device, uint64_t inode);

}  // namespace socketrace
