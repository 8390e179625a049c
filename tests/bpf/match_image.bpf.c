/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of socketrace trace, run on images of sockets that user space lays out in a map: the
 * very code of a hit, behind a program type that BPF_PROG_TEST_RUN takes with arguments of the
 * caller's choice (raw tracepoints, 5.10+; kprobes never). Returns how many hits matched.
 */
#include "bpf/trace.bpf.c"
#include "tests/bpf/image.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct image);
} image SEC(".maps");

__u64 image_address; /* kernel memory like any other: images hold pointers into themselves */

SEC("?raw_tp") int st_where(void* ctx) {
  __u32 zero = 0;

  image_address = (__u64)(unsigned long)bpf_map_lookup_elem(&image, &zero);
  return 0;
}

static __always_inline int run(struct bpf_raw_tracepoint_args* ctx, bool direct) {
  struct st_stats* counters = this_cpu_stats();
  __u64 object = ctx->args[0], kind = ctx->args[1], before;

  if (!counters) return -1;
  before = counters->matched;
  hit(ctx, (const void*)(unsigned long)object, kind, 0, 0, false, direct);
  return counters->matched - before;
}

SEC("?raw_tp") int st_match_probe_read(struct bpf_raw_tracepoint_args* ctx) {
  return run(ctx, false);
}
SEC("?raw_tp") int st_match_direct(struct bpf_raw_tracepoint_args* ctx) {
  return run(ctx, true);
}
