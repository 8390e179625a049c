/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whom the kernel recorded at the other end of a unix socket. */
#ifndef SOCKETRACE_BPF_UNIX_H
#define SOCKETRACE_BPF_UNIX_H

#include "bpf/identity/config.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pid_namespace {
  struct ns_common ns;
};
struct upid {
  int nr;
  struct pid_namespace *ns;
};
struct pid {
  unsigned int level;
  struct upid numbers[1];
};
struct sock___peer {
  struct pid *sk_peer_pid;
};

#pragma clang attribute pop

#define MAX_PID_LEVELS 8

/* The process that connected or listened at the other end of a connection, or made the pair; by its
 * number in our pid namespace. 0: nobody was recorded. */
static __always_inline __u32 recorded_peer(const struct sock *sk) {
  const struct pid *pid = BPF_CORE_READ((const struct sock___peer *)sk, sk_peer_pid);
  const struct upid *number = (const void *)pid + bpf_core_field_offset(struct pid, numbers);

  if (!pid) return 0;
  if (!st_config.in_pidns) return BPF_CORE_READ(number, nr);
  for (__u32 level = 0; level < MAX_PID_LEVELS; level++) {
    if (level > BPF_CORE_READ(pid, level)) break;
    if (BPF_CORE_READ(number, ns, ns.inum) == (__u32)st_config.pidns_ino)
      return BPF_CORE_READ(number, nr);
    number = (const void *)number + bpf_core_type_size(struct upid);
  }
  return 0;
}

#endif
