/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attempts to connect that are under way: from the call, or the SYN, until they are told.
 *
 * An attempt is decided by a change of the socket's state, often in softirq on another CPU while
 * the call that began it is on its way back. The two meet: whoever comes second tells, and he
 * alone.
 */
#ifndef SOCKETRACE_BPF_ATTEMPTS_H
#define SOCKETRACE_BPF_ATTEMPTS_H

#include "bpf/contract/connect.h"
#include "bpf/tell/emit.h"
#include "bpf/connect/hosts.h"

#define MOST_ATTEMPTS 10240

struct attempt {
  struct st_connect told;
  __u64 named; /* where the caller's address lies */
  __u32 flags; /* of the call's side; those of the other side: outcome */
  __u32 outcome;
  __u32 followed; /* a change of state will decide it */
  __u32 decided;  /* one has: told.result and told.latency_ns are final */
  __u32 passed;   /* the filters of addresses and ports; until the ends are known that may change */
  __u32 ipv6only;
};

/* By struct sock where the attempt is followed, else by attempt_of_thread. Never evicted: what does
 * not fit is counted. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MOST_ATTEMPTS);
  __type(key, __u64);
  __type(value, struct attempt);
} attempts SEC(".maps");

/* Threads inside connect(2) -> key in attempts. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MOST_ATTEMPTS);
  __type(key, __u64);
  __type(value, __u64);
} calling SEC(".maps");

/* Keys of attempts whose call has returned or whose result is there: not both. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, MOST_ATTEMPTS);
  __type(key, __u64);
  __type(value, __u8);
} met SEC(".maps");

/* Odd, which no address of a sock is. */
static __always_inline __u64 attempt_of_thread(__u64 pid_tgid) {
  return pid_tgid << 1 | 1;
}

enum meeting {
  ST_MET_FIRST,
  ST_MET_SECOND,
  ST_MET_UNKNOWN, /* EBUSY: we have interrupted whoever was at it */
};
static __always_inline enum meeting meet(__u64 key) {
  __u8 here = 1;
  long error = bpf_map_update_elem(&met, &key, &here, BPF_NOEXIST);

  if (!error) return ST_MET_FIRST;
  return error == -EEXIST ? ST_MET_SECOND : ST_MET_UNKNOWN;
}

static __always_inline void forget(__u64 key) {
  bpf_map_delete_elem(&attempts, &key);
  bpf_map_delete_elem(&met, &key);
}

/* The attempt in its place; NULL: no room. */
static __always_inline struct attempt *remember(__u64 key, const struct attempt *a) {
  /* What an earlier sock at this address may have left, had we missed its end. */
  bpf_map_delete_elem(&met, &key);
  if (bpf_map_update_elem(&attempts, &key, a, BPF_ANY)) {
    ADD_STAT(unseen, 1);
    return NULL;
  }
  return bpf_map_lookup_elem(&attempts, &key);
}

/* It will never be told. */
static __always_inline void drop(const struct attempt *a, __u64 key) {
  if (a->passed) ADD_STAT(ended, 1);
  ADD_STAT(unseen, 1);
  forget(key);
}

/* What an earlier call of this thread has left: we have missed how that ended. */
static __always_inline void give_up(__u64 thread) {
  const __u64 *kept = bpf_map_lookup_elem(&calling, &thread);
  const struct attempt *a;
  __u64 key;

  if (!kept) return;
  key = *kept;
  bpf_map_delete_elem(&calling, &thread);
  a = bpf_map_lookup_elem(&attempts, &key);
  if (a) drop(a, key);
}

static __always_inline bool has_failed(const struct st_connect *told) {
  if (told->flags & ST_CONNECT_CLOSED) return true;
  return told->result && told->result != -EINPROGRESS;
}

static __always_inline void send_attempt(const struct st_connect *told, __u64 length) {
  struct st_stats *counters = this_cpu_stats();

  if (!counters) return;
  __sync_fetch_and_add(&counters->matched, 1);
  if (st_config.limit) __sync_fetch_and_add(&st_state.emitted, 1);
  /* Up to 6.12 the verifier forgets a bound when the register is spilled: show it once more. */
  asm volatile("" : "+r"(length));
  if (length > sizeof(*told) ||
      bpf_ringbuf_output(&ring, (void *)told, length, wakeup_flags(length, counters))) {
    __sync_fetch_and_add(&counters->lost, 1);
    if (st_config.limit) __sync_fetch_and_add(&st_state.emitted, -1);
  }
}

/* The attempt is over, and ours. */
static __always_inline void tell(struct attempt *a, __u64 key) {
  struct st_connect *told = &a->told;
  __u32 used = told->exe_length + told->args_length;

  told->flags = a->flags | a->outcome;
  if (st_connect_config.want_host) name_host(told, used);
  told->event.length = __builtin_offsetof(struct st_connect, text) + used + told->host_length;
  ADD_STAT(ended, 1);
  if ((!st_config.only_failed || has_failed(told)) && !limit_reached())
    send_attempt(told, told->event.length);
  forget(key);
}

#endif
