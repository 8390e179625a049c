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

/* Not on the stack, most of which the general way takes. */
__u64 matched_before;

static __always_inline __u64 matched(void) {
  struct st_stats* counters = this_cpu_stats();

  return counters ? counters->matched : 0;
}

static __always_inline int run(struct bpf_raw_tracepoint_args* ctx, bool direct) {
  const void* object = (const void*)(unsigned long)ctx->args[0];
  const void* packet = (const void*)(unsigned long)ctx->args[2];
  __u32 kind = ctx->args[1];
  __u64 cookie = ST_COOKIE(0, (__u64)kind, 1, 0);

  matched_before = matched();
  if (direct) {
    struct hit h = {.ctx = (void*)ctx, .cookie = cookie, .object = object, .packet = packet};
    struct found f = {};

    if (!st_config.unsifted && filters_by_task() && !task_passes()) return 0;
    tell(&h, &f, st_config.unsifted ? ST_GENERAL : sift(&f, &h, kind));
  } else {
    hit(ctx, object, packet, cookie, 0, false);
  }
  return matched() - matched_before;
}

SEC("?raw_tp") int st_match_probe_read(struct bpf_raw_tracepoint_args* ctx) {
  return run(ctx, false);
}
SEC("?raw_tp") int st_match_direct(struct bpf_raw_tracepoint_args* ctx) {
  return run(ctx, true);
}
