// SPDX-License-Identifier: BSD-2-Clause
// Probe events of tracefs. One of them may have many probes (5.4+), which share its perf event and
// its program, and of which each costs one RCU grace period to remove where a kprobe of perf's own
// costs three. But they outlive whoever made them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "attach/probes.h"
#include "base/fd.h"
#include "base/result.h"
#include "select/kernel_files.h"
#include "select/target.h"

namespace socketrace {

// Events "socketrace_PID/..." that go with their owner. A lock on byte PID of kprobe_events tells
// the living from the dead, also from within another pid namespace.
class EventGroup {
 public:
  static Result<EventGroup> claim(const KernelFiles& files = {});
  EventGroup(EventGroup&&) noexcept = default;
  EventGroup& operator=(EventGroup&&) = delete;
  ~EventGroup();  // removes the events

  // Adds a probe to the event, after making it if there is none of this name. The probe is armed
  // if the event is in use. 0, or the errno.
  int define(const std::string& event, const Target& target);
  // A perf event for all probes of the event, which arms them.
  Result<Fd> use(const std::string& event) const;
  // False: somebody uses it.
  bool remove(const std::string& event);
  // Stops when progress.stop reaches 2; what stays is given up. The probes left.
  size_t remove_all(const Progress& progress);

 private:
  struct Event {
    std::string name;
    size_t probes;
  };
  EventGroup(std::string tracefs, Fd commands, std::string name, uint64_t text)
      : tracefs_(std::move(tracefs)),
        commands_(std::move(commands)),
        name_(std::move(name)),
        text_(text) {}

  std::string tracefs_;
  Fd commands_;  // kprobe_events, with our lock: also for removing when no file can be opened
  std::string name_;
  uint64_t text_;  // address of _text; 0: hidden
  std::vector<Event> events_;
};

// How kprobe_events wants a place: "_text+0x123" is found at once, a name by walking kallsyms, and
// of bare addresses it takes one for each event.
std::string probe_place(const Target& target, uint64_t text);

}  // namespace socketrace
