/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `connect` was asked for, and what became of attempts and answers. */
#ifndef SOCKETRACE_BPF_CONNECT_STATS_H
#define SOCKETRACE_BPF_CONNECT_STATS_H

#include "bpf/contract/connect.h"
#include "bpf/kernel/kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct st_connect_stats);
} connect_stats SEC(".maps");

const volatile struct st_connect_config st_connect_config = {};

/* The counters of a CPU are also changed by the programs that interrupt one of ours there. */
#define ADD_STAT(field, number)                                                   \
  ({                                                                              \
    __u32 zero = 0;                                                               \
    struct st_connect_stats *of_cpu = bpf_map_lookup_elem(&connect_stats, &zero); \
    if (of_cpu) __sync_fetch_and_add(&of_cpu->field, number);                     \
  })

#endif
