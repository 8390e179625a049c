/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does the owner of a socket match? */
#ifndef SOCKETRACE_BPF_MATCH_OWNER_H
#define SOCKETRACE_BPF_MATCH_OWNER_H

#include "bpf/identity/owner.h"
#include "bpf/verdict/match.h"

/* `first` and `rest`: the 16 bytes of the name. Not static: the verifier looks at the lists once,
 * not for each way that an owner is found. */
__noinline int owner_passes(__u32 tgid, __u32 uid, __u64 first, __u64 rest) {
  __u64 comm[2] = {first, rest};

  if (st_config.own_tgid && tgid == st_config.own_tgid) return false;
  if (st_config.pid_count && !IN_LIST(pids, ST_MAX_PIDS, st_config.pid_count, tgid)) return false;
  if (st_config.uid_count && (!tgid || !IN_LIST(uids, ST_MAX_UIDS, st_config.uid_count, uid)))
    return false;
  return !st_config.comm_count || (tgid && comm_matches((const char *)comm));
}

/* match_task for somebody who need not be the current task. */
static __always_inline bool match_owner(const struct owner *owner) {
  const __u64 *comm = (const void *)owner->comm;

  return owner_passes(owner->tgid, owner->uid, comm[0], comm[1]);
}

#endif
