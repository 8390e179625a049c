/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace calls: tracepoints, which every kernel has that we run on, function tracing or not.
 * A call is shown when it ends.
 */
#include "bpf/contract/calls.h"
#include "bpf/kernel/kernel.h"
#include "bpf/kernel/preemption.h"
#include "bpf/verdict/match.h"
#include "bpf/identity/identity.h"
#include "bpf/verdict/owner.h"
#include "bpf/tell/emit.h"
#include "bpf/follow/call_begins.h"
#include "bpf/follow/call_ends.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u8 st_numbers[ST_MAX_NUMBER] = {}; /* ST_NUMBER_* */

/* inet_sock_set_state(sk, old, new): before sk_state is written. */
PROGRAM("raw_tp/inet_sock_set_state", st_state_change, struct bpf_raw_tracepoint_args *ctx) {
  struct subject s = {.sk = (const void *)ctx->args[0]};
  __u32 old = ctx->args[1], now = ctx->args[2];
  struct st_state_change *change;
  struct st_stats *counters;
  struct st_event e = {};
  struct owner owner;

  if (!st_state.enabled || limit_reached()) return 0;
  read_head(&e, &s);
  read_rest(&e, &s);
  s.has_rest = true;
  read_netns(&e, &s);
  owner = owner_at_change(&e, old, now);
  forget_origin(&e, &owner);
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

/* The call behind a number, or ST_CALL_COUNT when it is none of ours. */
static __always_inline __u32 wanted_call(__u64 number, bool count) {
  bool x32 = X32_CALL && number & X32_CALL;
  struct st_event e = {};
  __u32 meaning;

  number &= ~(__u64)X32_CALL;
  if (number >= ST_MAX_NUMBER) return ST_CALL_COUNT;
  meaning = st_numbers[number];
  if (!meaning) return ST_CALL_COUNT;
  if (x32 || is_compat()) {
    if (count && (meaning & (x32 ? ST_NUMBER_X32 : ST_NUMBER_COMPAT)) && match_task(&e))
      __sync_fetch_and_add(&st_unseen.compat, 1);
    return ST_CALL_COUNT;
  }
  meaning &= ST_NUMBER_CALL;
  return meaning ? meaning - 1 : ST_CALL_COUNT;
}

PROGRAM("tp_btf/sys_enter", st_call_begins, __u64 *ctx) {
  __u64 number = ctx[1], regs = 0;
  __u32 thread, call;
  struct message_name name;
  struct arguments a;
  struct begun *kept;
  struct st_event e = {};

  if (!st_state.enabled || limit_reached()) return 0;
  call = wanted_call(number, false);
  if (call == ST_CALL_COUNT || call == ST_CALL_LISTEN || call == ST_CALL_ACCEPT ||
      call == ST_CALL_ACCEPT4 || call == ST_CALL_RECVMMSG)
    return 0;
  if (!match_task(&e)) return 0;
  bpf_probe_read_kernel(&regs, sizeof(regs), ctx);
  a = read_arguments(regs);
  thread = bpf_get_current_pid_tgid();
  if (call == ST_CALL_CLOSE) {
    begin_close(thread, a.at[0]);
    return 0;
  }

  kept = begin(thread);
  if (!kept) return 0; /* its end counts it */
  kept->call = call;
  kept->sock = (__u64)(unsigned long)sock_of_descriptor(a.at[0]);
  switch (call) {
    case ST_CALL_BIND:
    case ST_CALL_CONNECT:
      read_address(&kept->address, a.at[1], a.at[2], a.at[2]);
      break;
    case ST_CALL_SENDMMSG:
      keep_remote(kept);
      break;
    case ST_CALL_SENDTO:
      keep_remote(kept);
      read_address(&kept->address, a.at[4], a.at[5], a.at[5]);
      break;
    case ST_CALL_SENDMSG:
      keep_remote(kept);
      name = read_message_name(a.at[1]);
      read_address(&kept->address, name.name, name.length, name.length);
      break;
    case ST_CALL_RECVFROM:
      bpf_probe_read_user(&kept->room, sizeof(kept->room), (const void *)a.at[5]);
      break;
    case ST_CALL_RECVMSG:
      kept->room = read_message_name(a.at[1]).length;
      break;
  }
  return 0;
}

/* Not inlined, and not static: the verifier looks at it once, whatever the number of messages. */
__attribute__((noinline)) int st_show_call(__u64 regs, __u64 result, __u32 call, __u32 message) {
  __u32 thread = bpf_get_current_pid_tgid();
  struct arguments a = read_arguments(regs);

  if (call == ST_CALL_CLOSE)
    end_close(thread, &a, result);
  else
    end_call(thread, call, &a, result, message);
  return 0;
}

PROGRAM("tp_btf/sys_exit", st_call_ends, __u64 *ctx) {
  const struct pt_regs___kernel *regs = (const void *)ctx[0];
  __u64 address = 0, result = ctx[1];
  __u32 thread, call, messages = 1;

  if (!st_state.enabled || limit_reached()) return 0;
  call = wanted_call(CALL_NUMBER(regs), true);
  if (call == ST_CALL_COUNT) return 0;
  bpf_probe_read_kernel(&address, sizeof(address), ctx);
  if (st_config.only_failed && ((__s64)result >= 0 || (__s64)result == -EINPROGRESS)) {
    messages = 0;
  } else if ((call == ST_CALL_SENDMMSG || call == ST_CALL_RECVMMSG) && (__s64)result > 1) {
    messages = result;
  }
  for (__u32 message = 0; message < ST_MAX_MESSAGES && message < messages; message++)
    st_show_call(address, result, call, message);
  thread = bpf_get_current_pid_tgid();
  bpf_map_delete_elem(&begun, &thread);
  bpf_map_delete_elem(&closings, &thread);
  return 0;
}
