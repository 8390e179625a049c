// SPDX-License-Identifier: BSD-2-Clause
#include <unistd.h>

#include "attach/kprobe_pmu.h"
#include "attach/probes.h"

namespace socketrace {

const char* way_name(Way way) {
  return way == Way::kprobe_multi ? "kprobe-multi" : "kprobe";
}

Result<Way> choose_way(KprobeWay wanted, const KernelOffers& offers, bool has_kprobe_events) {
  if (wanted == KprobeWay::kprobe_multi && !offers.multi_link) {
    return Error(
        "--kprobe-way kprobe-multi: not in this kernel, which would need CONFIG_FPROBE=y and Linux "
        "5.18 or newer; use --kprobe-way kprobe");
  }
  if (wanted != KprobeWay::kprobe && offers.multi_link) return Way::kprobe_multi;
  if (!has_kprobe_events) {
    return Error(
        "this kernel cannot probe functions: it needs CONFIG_KPROBES=y and "
        "CONFIG_KPROBE_EVENTS=y (or CONFIG_FPROBE=y), and /sys mounted");
  }
  return offers.perf_cookie ? Way::kprobe_cookie : Way::kprobe_plain;
}

Result<Way> choose_way(KprobeWay wanted, const KernelOffers& offers) {
  return choose_way(wanted, offers, access(kKprobePmuType, R_OK) == 0);
}

}  // namespace socketrace
