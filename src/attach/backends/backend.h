// SPDX-License-Identifier: BSD-2-Clause
// What every way of attaching gives back; one file for each way.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attach/backends/event_group.h"
#include "attach/probes.h"
#include "base/fd.h"

namespace socketrace {

struct LiveProbes {
  std::unique_ptr<EventGroup> group;  // probe events: can go once nobody uses them, thus after fds
  std::vector<Fd> fds;  // closing them detaches: links, or perf events (ways without cookies)
  size_t functions = 0;
  std::vector<Skipped> skipped;
  bool interrupted = false;
};

// One link for all (few, when the kernel refuses some functions or a batch of that size).
Result<LiveProbes> attach_kprobe_multi(const Programs& programs, std::span<const Target> targets,
                                       const Progress& progress);

// One perf event for each function, from one thread: arming takes global mutexes, and 16 threads
// were slower than one (2.15 -> 7.4 s for 200 functions on 6.1).
Result<LiveProbes> attach_kprobes(Way way, const Programs& programs,
                                  std::span<const Target> targets, const Progress& progress);

// One probe event of tracefs for up to 64 functions of one kind and argument.
Result<LiveProbes> attach_probe_events(Way way, const Programs& programs,
                                       std::span<const Target> targets, const Progress& progress);

// The order to attach in: indices into `targets`. A second name of the same code is skipped.
struct Order {
  std::vector<size_t> by_address;  // ascending: what lies together (a module) is refused together
  std::vector<size_t> by_name;     // address unknown; every name once
  std::vector<Skipped> skipped;
};
Order order_targets(std::span<const Target> targets);

inline Skipped skip(const Target& target, std::string reason) {
  return {target.name, target.module, std::move(reason)};
}

}  // namespace socketrace
