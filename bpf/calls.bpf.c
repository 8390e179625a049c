/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace calls: raw tracepoints, which every kernel has that we run on, function tracing or
 * not, and which cost least.
 */
#include "bpf/calls.h"
#include "bpf/kernel.h"
#include "bpf/match.h"
#include "bpf/identity.h"
#include "bpf/owner.h"
#include "bpf/emit.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* inet_sock_set_state(sk, old, new): before sk_state is written. */
SEC("?raw_tp/inet_sock_set_state") int st_state_change(struct bpf_raw_tracepoint_args *ctx) {
  __u8 copy[COMMON_BYTES] __attribute__((aligned(8)));
  struct subject s = {.copy = copy, .common = (const void *)copy, .sk = (const void *)ctx->args[0]};
  __u32 old = ctx->args[1], now = ctx->args[2];
  struct st_state_change *change;
  struct st_stats *counters;
  struct st_event e = {};
  struct owner owner;

  if (!st_state.enabled || limit_reached()) return 0;
  read_head(&e, &s);
  read_rest(&e, &s);
  read_netns(&e, &s);
  read_port_given_back(&e, &s);
  owner = owner_at_change(&e, old, now);
  if (!match_owner(&owner) || !match_subject(&e, &s)) return 0;
  if (!protocol_is_read()) read_protocol(&e, &s);
  counters = this_cpu_stats();
  if (!counters) return 0;

  change = reserve(sizeof(*change), counters);
  if (!change) return 0;
  e.length = sizeof(*change);
  e.func = ST_CALL_STATE;
  e.time_ns = bpf_ktime_get_ns();
  e.cpu = bpf_get_smp_processor_id();
  e.state = now;
  put_owner(&e, &owner);
  change->event = e;
  __builtin_memset(change->pad, 0, sizeof(change->pad));
  change->old_state = old;
  submit(change, sizeof(*change), counters);
  return 0;
}
