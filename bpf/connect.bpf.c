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
#include "bpf/kernel/preemption.h"
#include "bpf/verdict/match.h"
#include "bpf/tell/emit.h"
#include "bpf/connect/attempts.h"
#include "bpf/connect/begin.h"
#include "bpf/connect/call.h"
#include "bpf/connect/answers.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { EINTR = 4, ERESTARTSYS = 512, ERESTARTNOHAND = 514 };

/* ---- the call -------------------------------------------------------------------------------- */

PROGRAM("tp/syscalls/sys_enter_connect", st_connect_enter, struct call_enter *ctx) {
  return begin(ctx->fd, ctx->address, ctx->length);
}

/* Given back by a call whose attempt goes on; after a signal it may be made again. */
static __always_inline bool leaves_undecided(__s64 returned) {
  return returned == -EINPROGRESS || returned == -EINTR ||
         (returned <= -ERESTARTSYS && returned >= -ERESTARTNOHAND);
}

/* The ends as the call leaves them. True: the filters let the attempt pass. */
static __always_inline bool judge(struct attempt *a, __u64 key, const struct sock *sk,
                                  __s64 returned) {
  struct st_event *e = &a->told.event;

  /* The page was not there yet; by now the kernel has brought it in. */
  if (a->flags & ST_CONNECT_FAULT) {
    read_address(a, (const void *)a->named, a->told.address_length);
    if (!(a->flags & ST_CONNECT_ENDS)) aim(e, &a->told);
  }
  if (!a->decided && (!returned || leaves_undecided(returned)) && learn_ends(e, sk))
    a->flags |= ST_CONNECT_ENDS;
  if (a->passed) return true;
  if (!st_ends_pass(key)) return false;
  accept(a);
  return true;
}

PROGRAM("tp/syscalls/sys_exit_connect", st_connect_exit, struct call_exit *ctx) {
  __u64 thread = bpf_get_current_pid_tgid(), key, *kept;
  __s64 returned = ctx->returned;
  const struct sock *sk;
  bool waits;
  struct attempt *a;

  if (!st_state.enabled) return 0; /* what is under way stays undecided */
  kept = bpf_map_lookup_elem(&calling, &thread);
  if (!kept) {
    begin_refused(ctx);
    kept = bpf_map_lookup_elem(&calling, &thread);
  }
  if (!kept) return 0;
  key = *kept;
  bpf_map_delete_elem(&calling, &thread);
  a = bpf_map_lookup_elem(&attempts, &key);
  if (!a) return 0;
  sk = a->followed ? (const void *)(unsigned long)key : sock_of_descriptor(a->told.fd);
  if (!judge(a, key, sk, returned)) {
    forget(key);
    return 0;
  }
  waits = leaves_undecided(returned);
  if (waits && a->followed) a->flags |= ST_CONNECT_ASYNC;
  if (!returned && !a->decided && can_follow(&a->told.event) &&
      BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_SYN_SENT) {
    a->flags |= ST_CONNECT_DEFERRED;
    waits = true;
  }
  if (a->followed && waits) {
    switch (meet(key)) {
      case ST_MET_FIRST: /* the change of state tells */
        return 0;
      case ST_MET_SECOND:
        break;
      case ST_MET_UNKNOWN:
        if (!a->decided) {
          drop(a, key);
          return 0;
        }
    }
  } else {
    a->told.result = returned;
    a->told.latency_ns = bpf_ktime_get_ns() - a->told.event.time_ns;
    a->outcome = 0; /* the call knows better than the state that it went through */
    if (returned == -EINPROGRESS || a->flags & ST_CONNECT_DEFERRED)
      a->flags |= ST_CONNECT_UNFOLLOWED;
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
  __u64 key = (__u64)(unsigned long)sk;
  struct subject s = {.sk = sk};
  struct st_event *e;
  struct attempt *a;

  a = new_attempt();
  if (!a) return;
  e = &a->told.event;
  read_for_match(e, &s, true);
  forget_ways(e);
  if (!match_but_ends(e, &s) || !match_task(e)) return;
  a->ipv6only = s.ipv6only;
  fill(a);
  make_address(&a->told, e);
  a->told.fd = -1;
  a->flags |= ST_CONNECT_NO_CALL | ST_CONNECT_ENDS;
  a->followed = 1;
  a = remember(key, a);
  if (!a) return;
  if (st_ends_pass(key)) /* else it may by its local port, which is not there yet */
    accept(a);
  else
    read_program(a);
}

/* Is the SYN of another sock than was asked for part of the call? SMC and the like have a sock
 * within, and a call that is not followed (--immediate) is told as it ends. */
static __always_inline bool may_have_another(const struct attempt *a) {
  const struct st_event *e = &a->told.event;

  return !is_inet(e) || (!a->followed && e->type == SOCK_STREAM);
}

/* In the thread that connects; the sock knows its remote end by now. */
static __always_inline void syn_sent(const struct sock *sk) {
  __u64 thread = bpf_get_current_pid_tgid(), key = (__u64)(unsigned long)sk, outer = key, *kept;
  struct attempt *a = NULL;

  kept = bpf_map_lookup_elem(&calling, &thread);
  if (kept) {
    outer = *kept;
    a = bpf_map_lookup_elem(&attempts, &outer);
  }
  if (a && outer != key && !may_have_another(a)) {
    if (a->followed && !a->decided && a->told.event.protocol == IPPROTO_MPTCP) {
      /* Its first sock tells more exactly than the outer one, whose states differ from kernel to
       * kernel. */
      bpf_map_delete_elem(&met, &key);
      if (bpf_map_update_elem(&attempts, &key, a, BPF_ANY)) return;
      *kept = key;
      forget(outer);
      a = bpf_map_lookup_elem(&attempts, &key);
    } else {
      a = NULL; /* of an earlier call, whose end we have missed */
    }
  }
  if (a) {
    if (learn_ends(&a->told.event, sk)) a->flags |= ST_CONNECT_ENDS;
    return;
  }
  give_up(thread);
  begin_without_call(sk);
}

/* inet_sock_set_state(sk, old, new): before sk_state is written. */
PROGRAM("raw_tp/inet_sock_set_state", st_connect_state, struct bpf_raw_tracepoint_args *ctx) {
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
  learn_ends(&a->told.event, sk);
  a->decided = 1;
  if (a->flags & ST_CONNECT_NO_CALL) {
    if (!a->passed) {
      if (!st_ends_pass(key)) {
        forget(key);
        return 0;
      }
      ADD_STAT(begun, 1);
    }
  } else if (meet(key) == ST_MET_FIRST) {
    return 0; /* the call tells as it returns */
  }
  tell(a, key);
  return 0;
}
