/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does the owner of a socket match? */
#ifndef SOCKETRACE_BPF_MATCH_OWNER_H
#define SOCKETRACE_BPF_MATCH_OWNER_H

#include "bpf/identity/owner.h"
#include "bpf/verdict/match.h"

/* match_task for somebody who need not be the current task. */
static __always_inline bool match_owner(const struct owner *owner) {
  if (st_config.own_tgid && owner->tgid == st_config.own_tgid) return false;
  if (st_config.pid_count && !IN_LIST(pids, ST_MAX_PIDS, st_config.pid_count, owner->tgid))
    return false;
  if (st_config.uid_count &&
      (!owner->tgid || !IN_LIST(uids, ST_MAX_UIDS, st_config.uid_count, owner->uid)))
    return false;
  return !st_config.comm_count || (owner->tgid && comm_matches(owner->comm));
}

#endif
