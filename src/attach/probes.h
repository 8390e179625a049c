// SPDX-License-Identifier: BSD-2-Clause
// Live probes: one interface over the ways the kernel offers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "bpf/contract/event.h"
#include "cli/invocation.h"
#include "select/target.h"

namespace socketrace {

// By ST_COOKIE, whose bits of the function are all set.
using ProgramsByArgument = std::map<uint64_t, int>;

// Descriptors (borrowed) of the loaded programs; -1: not loaded.
// The cookie of the probe of targets[function], or ST_FUNC_UNKNOWN.
uint64_t cookie_of(const Target& target, size_t function);

struct Programs {
  int by_cookie = -1;  // kprobe-multi, or kprobe with a cookie (5.15+)
  // Without cookies: one program for each kind, argument position and sk_buff beside it.
  ProgramsByArgument by_argument;
};

// kprobe_multi wants by_cookie loaded with BPF_TRACE_KPROBE_MULTI as its expected attach type, the
// others without; the plain ones want by_argument. By an event, a hit's function is known by its
// address only.
enum class Way { kprobe_multi, kprobe_cookie, kprobe_plain, event_cookie, event_plain };
const char* way_name(Way way);  // as --kprobe-way wants it

constexpr bool has_cookies(Way way) {
  return way != Way::kprobe_plain && way != Way::event_plain;
}
constexpr bool by_event(Way way) {
  return way == Way::event_cookie || way == Way::event_plain;
}
// Whether a hit says the index of its target; otherwise only the address of the function.
constexpr bool tells_target(Way way) {
  return way == Way::kprobe_multi || way == Way::kprobe_cookie;
}

// What this kernel offers, by its BTF: has_struct(types, "bpf_kprobe_multi_link") (5.18+ with
// FPROBE; the enum value is there without FPROBE too and proves nothing) and
// has_struct(types, "bpf_perf_link") (5.15+: BPF links, thus cookies, for perf events).
struct KernelOffers {
  bool multi_link = false;
  bool perf_cookie = false;
};
// A forced way that cannot be is an error with the reason. Kernels without kprobes give an error
// naming CONFIG_KPROBES.
Result<Way> choose_way(KprobeWay wanted, const KernelOffers& offers);

// What the file system has.
struct Doors {
  bool kprobe_pmu = true;     // perf's own kprobes
  Result<void> probe_events;  // tracefs' kprobe_events, or why they cannot be had
};
Doors find_doors();
Result<Way> choose_way(KprobeWay wanted, const KernelOffers& offers, const Doors& doors);

struct Progress {
  // Called now and then, from the calling thread only; done of total. May be empty.
  std::function<void(size_t done, size_t total)> report;
  // Counts the wishes to stop: attaching stops early at 1, detaching at 2. May be nullptr.
  const std::atomic<int>* stop = nullptr;
  int before = 0;  // wishes that were heard before this step began, and do not end it

  bool stop_wanted(int times) const {
    const int wishes = stop != nullptr ? stop->load() : 0;
    return wishes >= times && wishes > before;
  }
};

class Probes {
 public:
  // Attaches to every target; one bad function never spoils the rest. An error when none attached
  // (unless stopped). An error with errnum() EOPNOTSUPP from Way::kprobe_multi means that the way
  // itself may be what is missing: worth another try with the kprobe way.
  // The programs must be inert (st_state.enabled == 0) until this returns.
  static Result<Probes> attach(Way way, const Programs& programs, std::span<const Target> targets,
                               const Progress& progress);
  Probes(Probes&&) noexcept;
  Probes& operator=(Probes&&) noexcept;
  ~Probes();  // detaches

  size_t attached() const;
  const std::vector<Skipped>& skipped() const;
  bool interrupted() const;  // stopped before all targets were tried

  // Hits that the kernel skipped because a probe was already running on that CPU, as far as links
  // tell (6.7+); nullopt: this kernel does not tell. Still there after detach().
  std::optional<uint64_t> missed_by_links() const;
  // All that were skipped: by links, and by programs because another kprobe program ran.
  std::optional<uint64_t> missed() const;

  // Single kprobes cost three RCU grace periods each; four threads share the waiting. When stopped,
  // the rest is left to the kernel, which does the same work, one by one, while the process exits
  // (closing cannot be called off, only be done by somebody else).
  void detach(const Progress& progress);
  size_t left_to_kernel() const;
  // Definitions of probes, disarmed, that stay in tracefs' kprobe_events: detaching was stopped, or
  // somebody else uses the event. The next start removes them.
  size_t left_defined() const;

 private:
  struct State;
  explicit Probes(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace socketrace
