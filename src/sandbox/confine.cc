// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine.h"

#include <cap-ng.h>
#include <sys/prctl.h>

#include <cerrno>

#include "host/host.h"
#include "sandbox/system_calls.h"

namespace socketrace {
namespace {

// Applies the sets that libcap-ng holds for this thread.
Result<void> apply_capabilities() {
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) return Error::from_errno("drop capabilities", errno);
  return {};
}

// Whether one capability had to be kept.
Result<bool> drop_capabilities(const std::function<bool()>& can_end) {
  if (capng_get_caps_process() != 0) return Error::from_errno("read our capabilities", errno);
  const unsigned bpf =
      capng_have_capability(CAPNG_PERMITTED, kCapBpf) != 0 ? kCapBpf : CAP_SYS_ADMIN;
  const bool in_reserve = capng_have_capability(CAPNG_PERMITTED, bpf) != 0;

  // The bounding set takes CAP_SETPCAP, which a capability-aware sudo may not have given; it counts
  // at execve only, which is over anyway.
  capng_clear(CAPNG_SELECT_BOTH);
  [[maybe_unused]] const int best_effort = capng_apply(CAPNG_SELECT_BOUNDS);
  if (in_reserve) capng_update(CAPNG_ADD, CAPNG_PERMITTED, bpf);
  TRY(apply_capabilities());
  const bool needed = !can_end();
  if (needed && in_reserve) {
    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, bpf);
  } else {
    capng_clear(CAPNG_SELECT_CAPS);
  }
  TRY(apply_capabilities());
  if (needed && !can_end()) return Error("the hit counters cannot be read any more");
  return needed;
}

Result<Confinement> confine_fully(const std::function<bool()>& can_end) {
  Confinement confinement;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Error::from_errno("no_new_privs", errno);
  confinement.kept_capability = TRY(drop_capabilities(can_end));
  if (!can_limit_system_calls()) return confinement;
  TRY(limit_system_calls());
  confinement.system_calls_limited = true;
  return confinement;
}

}  // namespace

Result<Confinement> confine(const std::function<bool()>& can_end) {
  auto confinement = confine_fully(can_end);
  if (confinement) return confinement;
  return Error(std::move(confinement).error().within("give up rights that are not needed").text() +
               "; --no-sandbox goes on with them");
}

}  // namespace socketrace
