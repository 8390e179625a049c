/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace connect: each attempt once, with its final result. connect(2) begins and mostly ends
 * it; what a call leaves undecided (non-blocking, interrupted) inet_sock_set_state decides. A SYN
 * that no call of ours began is an attempt as well: io_uring, 32-bit programs (whose calls the
 * tracepoints leave out), TCP fast open by sendto(2), the kernel itself.
 *
 * Tracepoints only: they are there without function tracing. The state's is raw, as such programs
 * run also when they interrupt one of the call's on the same CPU; others are skipped then. For
 * --host there are uprobes (hosts.h) and the end of every system call (answers.h) as well.
 */
#include "bpf/contract/connect.h"
#include "bpf/kernel/kernel.h"
#include "bpf/verdict/match.h"
#include "bpf/tell/emit.h"
#include "bpf/connect/attempts.h"
#include "bpf/connect/begin.h"
#include "bpf/connect/answers.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { EINTR = 4, ERESTARTSYS = 512, ERESTARTNOHAND = 514 };
enum { SS_CONNECTING = 2, SS_CONNECTED = 3 };

/* ---- the call -------------------------------------------------------------------------------- */

struct call_enter { /* /sys/kernel/tracing/events/syscalls/sys_enter_connect/format */
  __u64 common, number;
  __u64 fd, address, length;
};
struct call_exit {
  __u64 common, number;
  __s64 returned;
};

/* Whose state tells of the result. Others decide in the call, or without saying so: vsock, SCTP. */
static __always_inline bool can_follow(const struct st_event *e) {
  return is_inet(e) && e->type == SOCK_STREAM &&
         (e->protocol == IPPROTO_TCP || e->protocol == IPPROTO_MPTCP);
}

SEC("?tp/syscalls/sys_enter_connect") int st_connect_enter(struct call_enter *ctx) {
  struct subject s = {};
  __u64 thread = bpf_get_current_pid_tgid(), key;
  const struct socket *socket;
  struct st_event e = {};
  struct attempt *a;
  __u32 state;

  if (!st_state.enabled || limit_reached()) return 0;
  if (filters_by_task() && !match_task(&e)) return 0;
  a = new_attempt();
  if (!a) return 0;
  socket = socket_of_descriptor(ctx->fd);
  if (socket) s.sk = BPF_CORE_READ(socket, sk);
  read_for_match(&e, &s, true);
  read_address(a, (const void *)ctx->address, ctx->length);
  aim(&e, &a->told);
  if (!match_read(&e, &s)) return 0;
  if (!filters_by_task() && !match_task(&e)) return 0;

  /* Connecting to AF_UNSPEC breaks a connection up, at once. */
  if (!st_connect_config.immediate && can_follow(&e) && a->told.address_taken >= 2 &&
      address_family(&a->told) != AF_UNSPEC) {
    /* EALREADY, EISCONN, or what getsockopt(SO_ERROR) would have said: nothing new is tried. */
    state = BPF_CORE_READ(socket, state);
    if (state == SS_CONNECTING || state == SS_CONNECTED) {
      ADD_STAT(repeated, 1);
      return 0;
    }
    a->followed = 1;
  }
  fill(a, &e);
  a->told.fd = ctx->fd;
  key = a->followed ? (__u64)(unsigned long)s.sk : attempt_of_thread(thread);
  if (!remember(key, a)) return 0;
  if (bpf_map_update_elem(&calling, &thread, &key, BPF_ANY)) {
    ADD_STAT(ended, 1);
    ADD_STAT(unseen, 1);
    forget(key);
  }
  return 0;
}

/* Given back by a call whose attempt goes on; after a signal it may be made again. */
static __always_inline bool leaves_undecided(__s64 returned) {
  return returned == -EINPROGRESS || returned == -EINTR ||
         (returned <= -ERESTARTSYS && returned >= -ERESTARTNOHAND);
}

SEC("?tp/syscalls/sys_exit_connect") int st_connect_exit(struct call_exit *ctx) {
  __u64 thread = bpf_get_current_pid_tgid(), key, *kept;
  struct attempt *a;

  if (!st_state.enabled) return 0; /* what is under way stays undecided */
  kept = bpf_map_lookup_elem(&calling, &thread);
  if (!kept) return 0;
  key = *kept;
  bpf_map_delete_elem(&calling, &thread);
  a = bpf_map_lookup_elem(&attempts, &key);
  if (!a) return 0;
  if (a->followed && leaves_undecided(ctx->returned)) {
    a->flags |= ST_CONNECT_ASYNC;
    if (!is_second_to_meet(key)) return 0; /* the change of state tells */
  } else {
    a->told.result = ctx->returned;
    a->told.latency_ns = bpf_ktime_get_ns() - a->told.event.time_ns;
    a->outcome = 0; /* the call knows better than the state that it went through */
    if (ctx->returned == -EINPROGRESS) a->flags |= ST_CONNECT_UNFOLLOWED;
    if (!ctx->returned && a->followed && !a->decided) a->flags |= ST_CONNECT_DEFERRED;
  }
  tell(a, key);
  return 0;
}

/* ---- the state ------------------------------------------------------------------------------- */

/* As the caller would have given it. */
static __always_inline void make_address(struct st_connect *told, const struct st_event *e) {
  __u8 *to = told->address;

  *(__u16 *)to = e->family;
  *(__u16 *)(to + 2) = bpf_htons(e->remote_port);
  if (e->family == AF_INET) {
    __builtin_memcpy(to + 4, e->remote.bytes, 4);
    told->address_length = told->address_taken = 16;
  } else {
    __builtin_memcpy(to + 8, e->remote.bytes, 16);
    *(__u32 *)(to + 24) = e->ifindex;
    told->address_length = told->address_taken = 28;
  }
}

static __always_inline void begin_without_call(const struct sock *sk) {
  struct subject s = {.sk = sk};
  struct st_event e = {};
  struct attempt *a;

  read_for_match(&e, &s, true);
  if (!match_read(&e, &s) || !match_task(&e)) return;
  a = new_attempt();
  if (!a) return;
  fill(a, &e);
  make_address(&a->told, &e);
  a->told.fd = -1;
  a->flags |= ST_CONNECT_NO_CALL;
  a->followed = 1;
  remember((__u64)(unsigned long)sk, a);
}

/* In the thread that connects; the sock knows its remote end by now. */
static __always_inline void syn_sent(const struct sock *sk) {
  __u64 thread = bpf_get_current_pid_tgid(), key = (__u64)(unsigned long)sk, outer, *kept;
  struct attempt *a;

  kept = bpf_map_lookup_elem(&calling, &thread);
  if (!kept) {
    begin_without_call(sk);
    return;
  }
  outer = *kept;
  if (outer == key) return;
  /* A sock within the one that was asked to connect. MPTCP's first tells more exactly than the
   * outer one, whose states differ from kernel to kernel; those of others belong to the call. */
  a = bpf_map_lookup_elem(&attempts, &outer);
  if (!a || !a->followed || a->told.event.protocol != IPPROTO_MPTCP) return;
  bpf_map_delete_elem(&met, &key);
  if (bpf_map_update_elem(&attempts, &key, a, BPF_ANY)) return;
  *kept = key;
  forget(outer);
}

/* inet_sock_set_state(sk, old, new): before sk_state is written. */
SEC("?raw_tp/inet_sock_set_state") int st_connect_state(struct bpf_raw_tracepoint_args *ctx) {
  const struct sock *sk = (const void *)ctx->args[0];
  __u32 old = ctx->args[1], now = ctx->args[2];
  __u64 key = (__u64)(unsigned long)sk;
  struct attempt *a;
  bool undecided;
  int error;

  if (!st_state.enabled) return 0;
  if (now == TCP_SYN_SENT) {
    if (!limit_reached()) syn_sent(sk);
    return 0;
  }
  undecided = old == TCP_SYN_SENT || old == TCP_SYN_RECV; /* the latter: both ends sent a SYN */
  if (now == TCP_SYN_RECV || !(undecided || now == TCP_CLOSE)) return 0;
  a = bpf_map_lookup_elem(&attempts, &key);
  if (!a || !a->followed || a->decided) return 0;
  if (!undecided) {
    if (old == TCP_CLOSE) return 0;
    a->outcome = ST_CONNECT_LATE; /* it was established when we were not looking */
  } else if (now != TCP_ESTABLISHED) {
    error = BPF_CORE_READ(sk, sk_err);
    a->told.result = -error;
    if (!error) a->outcome = ST_CONNECT_CLOSED;
  }
  a->told.latency_ns = bpf_ktime_get_ns() - a->told.event.time_ns;
  a->decided = 1;
  /* Else the call tells as it returns, or whoever comes second. */
  if ((a->flags & ST_CONNECT_NO_CALL) || is_second_to_meet(key)) tell(a, key);
  return 0;
}
