/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Accept, connect, bind and socket, counted by operation (count calls) or, the first two, by who
 * and where (count --by). What a call was about is known at its exit, from its socket. */
#ifndef SOCKETRACE_BPF_COUNT_CALLS_H
#define SOCKETRACE_BPF_COUNT_CALLS_H

#include "bpf/kernel/preemption.h"
#include "bpf/count/keys.h"
#include "bpf/kernel/descriptor.h"
#include "bpf/follow/pending.h"

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ST_OP_COUNT);
  __type(key, __u32);
  __type(value, struct st_operations);
} operations SEC(".maps");

static __always_inline bool has_failed(__s64 result) {
  return result < 0 && result != -EINPROGRESS;
}

/* `times` operations of one outcome. Atomic: a tracepoint in an interrupt may count the same. */
static __always_inline void add_operations(__u32 op, __s64 result, __u64 times, __u64 bytes) {
  struct st_operations *o = bpf_map_lookup_elem(&operations, &op);

  if (!o) return;
  if (has_failed(result))
    __sync_fetch_and_add(&o->errors, times);
  else if (st_config.only_failed)
    return;
  __sync_fetch_and_add(&o->calls, times);
  if (bytes) __sync_fetch_and_add(&o->bytes, bytes);
}

/* The call is over: count it if its socket matches. `p`: of a connect. */
static __always_inline void count_call(__u32 op, __s64 result, __u32 fd, struct pending *p) {
  struct subject s = {.sk = sock_of_descriptor(fd)};
  struct st_event e = {};
  bool named;

  read_for_match(&e, &s, false);
  named = p ? find_remote(&e, p, result) : result >= 0; /* of a failed accept there is nobody */
  if (!match_read(&e, &s)) return;
  if (st_count_config.by_operation)
    add_operations(op, result, 1, 0);
  else
    add_outcome(op, result, &e, s.sk, p, named);
}

/* What socketpair wrote for its caller; no descriptor when that failed. */
static __always_inline __u32 first_of_pair(const struct pending *p, __s64 result) {
  __u32 fd = ~0u;

  if (result == 0) bpf_probe_read_user(&fd, sizeof(fd), (const void *)p->args[3]);
  return fd;
}

#define ENTER(name, arguments, with_address)                                               \
  PROGRAM("tp/syscalls/sys_enter_" #name, st_enter_##name, const struct call_enter *ctx) { \
    return call_begins(ctx, arguments, with_address);                                      \
  }
#define EXIT(name, op, fd, about, with_address)                                         \
  PROGRAM("tp/syscalls/sys_exit_" #name, st_exit_##name, const struct call_exit *ctx) { \
    struct pending *p = call_ended(ctx, with_address);                                  \
                                                                                        \
    if (!p) return 0;                                                                   \
    count_call(op, ctx->result, fd, about);                                             \
    forget_call();                                                                      \
    return 0;                                                                           \
  }

/* The new socket; of a failed call the listener. Who has been waiting since before we came has
 * begun unseen, and accepts all the same. */
#define ACCEPT_EXIT(name)                                                                 \
  PROGRAM("tp/syscalls/sys_exit_" #name, st_exit_##name, const struct call_exit *ctx) {   \
    struct pending *p = call_ended(ctx, false);                                           \
    __s64 result = ctx->result;                                                           \
    struct st_event e = {};                                                               \
                                                                                          \
    if (!p && (result < 0 || !st_state.enabled || !match_task(&e))) return 0;             \
    count_call(ST_OP_ACCEPT, result, result < 0 && p ? p->args[0] : (__u64)result, NULL); \
    if (p) forget_call();                                                                 \
    return 0;                                                                             \
  }

ENTER(accept, 3, false)
ENTER(accept4, 4, false)
ENTER(connect, 3, true)
ENTER(bind, 3, false)
ENTER(socket, 3, false)
ENTER(socketpair, 4, false)
ACCEPT_EXIT(accept)
ACCEPT_EXIT(accept4)
EXIT(connect, ST_OP_CONNECT, p->args[0], p, true)
EXIT(bind, ST_OP_BIND, p->args[0], NULL, false)
EXIT(socket, ST_OP_SOCKET, ctx->result, NULL, false)
EXIT(socketpair, ST_OP_SOCKET, first_of_pair(p, ctx->result), NULL, false)

#endif
