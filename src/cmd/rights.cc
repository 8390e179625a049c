// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/rights.h"

#include "base/log.h"
#include "sandbox/confine.h"

namespace socketrace {

Result<void> give_up_rights(const Counters& counters) {
  const Confinement confinement =
      TRY(confine([&counters] { return counters.totals().has_value(); }));
  if (!confinement.system_calls_limited) {
    say("this kernel cannot limit our system calls (no CONFIG_SECCOMP_FILTER): capabilities only");
  }
  if (confinement.kept_capability) {
    say_verbose("kept one capability, CAP_BPF: this kernel wants it for reading the hit counters");
  }
  return {};
}

}  // namespace socketrace
