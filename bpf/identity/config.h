/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space asked for, in rodata: the verifier knows every value of st_config, so a filter
 * that is not set is dead code and goes away at load.
 */
#ifndef SOCKETRACE_BPF_CONFIG_H
#define SOCKETRACE_BPF_CONFIG_H

#include "bpf/contract/event.h"
#include "bpf/kernel/kernel.h"

const volatile struct st_config st_config = {};

/* The current task by the numbers that user space knows it by. */
static __always_inline void read_task(struct st_event *e) {
  if (st_config.in_pidns) {
    /* Tasks of other pid namespaces have no number that we could name: 0. */
    struct bpf_pidns_info ids = {};

    bpf_get_ns_current_pid_tgid(st_config.pidns_dev, st_config.pidns_ino, &ids, sizeof(ids));
    e->tgid = ids.tgid;
    e->tid = ids.pid;
  } else {
    __u64 ids = bpf_get_current_pid_tgid();

    e->tgid = ids >> 32;
    e->tid = ids;
  }
}

/* Which steps of sock.h the filters take already: identity.h takes the others for a sent hit. */
static __always_inline bool protocol_is_read(void) {
  return st_config.port_count || st_config.protocol_count;
}
static __always_inline bool rest_is_read(void) {
  return st_config.addr_count || st_config.netns_count;
}

#endif
