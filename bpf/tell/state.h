/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What programs and user space share while running. */
#ifndef SOCKETRACE_BPF_STATE_H
#define SOCKETRACE_BPF_STATE_H

#include "bpf/contract/event.h"
#include "bpf/kernel/kernel.h"

struct st_state st_state = {};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct st_stats);
} stats SEC(".maps");

static __always_inline struct st_stats *this_cpu_stats(void) {
  __u32 zero = 0;

  return bpf_map_lookup_elem(&stats, &zero);
}

/* Something that there was no room for. Tracepoints interrupt each other: only an atomic is exact.
 */
static __always_inline void count_unseen(void) {
  struct st_stats *counters = this_cpu_stats();

  if (counters) __sync_fetch_and_add(&counters->lost, 1);
}

#endif
