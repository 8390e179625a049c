// SPDX-License-Identifier: BSD-2-Clause
#include <unistd.h>

#include "attach/backends/event_files.h"
#include "attach/backends/kprobe_pmu.h"
#include "attach/probes.h"

namespace socketrace {
namespace {

Way event_way(const KernelOffers& offers) {
  return offers.perf_cookie ? Way::event_cookie : Way::event_plain;
}

}  // namespace

const char* way_name(Way way) {
  if (way == Way::kprobe_multi) return "kprobe-multi";
  return by_event(way) ? "kprobe-event" : "kprobe";
}

Result<Way> choose_way(KprobeWay wanted, const KernelOffers& offers, const Doors& doors) {
  if (wanted == KprobeWay::kprobe_multi && !offers.multi_link) {
    return Error(
        "--kprobe-way kprobe-multi: not in this kernel, which would need CONFIG_FPROBE=y and Linux "
        "5.18 or newer; use --kprobe-way kprobe");
  }
  if (wanted == KprobeWay::kprobe_event) {
    if (doors.probe_events) return event_way(offers);
    return Error("--kprobe-way kprobe-event: " + doors.probe_events.error().text() +
                 "; it needs CONFIG_KPROBE_EVENTS=y and tracefs mounted for writing; use "
                 "--kprobe-way kprobe");
  }
  const bool automatic = wanted == KprobeWay::automatic;
  if (wanted != KprobeWay::kprobe && offers.multi_link) return Way::kprobe_multi;
  // Without cookies, as on 5.10, arming by an event takes four times as long as by perf.
  if (automatic && offers.perf_cookie && doors.probe_events) return Way::event_cookie;
  if (!doors.kprobe_pmu) {
    return Error(
        "this kernel cannot probe functions: it needs CONFIG_KPROBES=y and "
        "CONFIG_KPROBE_EVENTS=y (or CONFIG_FPROBE=y), and /sys mounted");
  }
  return offers.perf_cookie ? Way::kprobe_cookie : Way::kprobe_plain;
}

Doors find_doors() {
  Doors doors;
  doors.kprobe_pmu = access(kKprobePmuType, R_OK) == 0;
  if (auto files = open_event_files({}); !files) doors.probe_events = std::move(files).error();
  return doors;
}

Result<Way> choose_way(KprobeWay wanted, const KernelOffers& offers) {
  return choose_way(wanted, offers, find_doors());
}

}  // namespace socketrace
