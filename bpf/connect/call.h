/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* connect(2) begins: an attempt, where it can be followed one that outlives the call. */
#ifndef SOCKETRACE_BPF_CONNECT_CALL_H
#define SOCKETRACE_BPF_CONNECT_CALL_H

#include "bpf/kernel/arguments.h"
#include "bpf/verdict/match.h"
#include "bpf/connect/attempts.h"
#include "bpf/connect/begin.h"

enum { SS_CONNECTING = 2, SS_CONNECTED = 3 };

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

static __always_inline int begin(__u32 fd, __u64 address, __u64 length) {
  struct subject s = {};
  __u64 thread = bpf_get_current_pid_tgid(), key;
  const struct socket *socket;
  struct st_event *e;
  struct attempt *a;
  __u32 state;

  if (!st_state.enabled || limit_reached()) return 0;
  a = new_attempt();
  if (!a) return 0;
  e = &a->told.event;
  if (filters_by_task() && !match_task(e)) return 0;
  give_up(thread);
  socket = socket_of_descriptor(fd);
  if (socket) s.sk = BPF_CORE_READ(socket, sk);
  read_for_match(e, &s, true);
  read_address(a, (const void *)address, length);
  aim(e, &a->told);
  forget_ways(e);
  if (!match_but_ends(e, &s)) return 0;
  a->ipv6only = s.ipv6only;
  if (!filters_by_task() && !match_task(e)) return 0;

  /* Connecting to AF_UNSPEC breaks a connection up, at once. */
  if (!st_connect_config.immediate && can_follow(e) && names_an_address(a)) {
    /* EALREADY, EISCONN, or what getsockopt(SO_ERROR) would have said: nothing new is tried. */
    state = BPF_CORE_READ(socket, state);
    if (state == SS_CONNECTING || state == SS_CONNECTED) {
      key = attempt_of_thread(thread);
      if (remember(key, a)) {
        if (st_ends_pass(key)) ADD_STAT(repeated, 1);
        forget(key);
      }
      return 0;
    }
    a->followed = 1;
  }
  fill(a);
  a->told.fd = fd;
  key = a->followed ? (__u64)(unsigned long)s.sk : attempt_of_thread(thread);
  a = remember(key, a);
  if (!a) return 0;
  if (st_ends_pass(key)) {
    accept(a);
  } else if (!is_inet(&a->told.event)) { /* nothing will be learnt of its ends */
    forget(key);
    return 0;
  }
  if (bpf_map_update_elem(&calling, &thread, &key, BPF_ANY)) drop(a, key);
  return 0;
}

/* A call that was refused begins as it ends. */
static __always_inline void begin_refused(const struct call_exit *ctx) {
  struct arguments a;

  if (may_be_refused(ctx->returned) && arguments_of_task(&a, ctx->number))
    begin(a.at[0], a.at[1], a.at[2]);
}

#endif
