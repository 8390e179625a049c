/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * context_flags() in functions that run in one context only: no function that takes a socket runs
 * in a hard interrupt of the machines that are tested.
 */
#include "tests/bpf/context_places.h"

#include "bpf/kernel/context.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct place places[ST_PLACES] = {};

static __always_inline int look(__u32 place) {
  __u16 flags = context_flags();

  if (place >= ST_PLACES) return 0;
  __sync_fetch_and_add(&places[place].hits, 1);
  if (flags & ST_HIT_CONTEXT_KNOWN) __sync_fetch_and_add(&places[place].known, 1);
  if (flags & ST_HIT_SOFTIRQ) __sync_fetch_and_add(&places[place].softirq, 1);
  if (flags & ST_HIT_HARDIRQ) __sync_fetch_and_add(&places[place].hardirq, 1);
  return 0;
}

SEC("kprobe/hrtimer_interrupt") int st_in_hardirq(struct pt_regs* ctx) {
  return look(ST_IN_HARDIRQ);
}
SEC("kprobe/net_rx_action") int st_in_softirq(struct pt_regs* ctx) {
  return look(ST_IN_SOFTIRQ);
}
SEC("kprobe/__sys_socket") int st_in_task(struct pt_regs* ctx) {
  return look(ST_IN_TASK);
}
