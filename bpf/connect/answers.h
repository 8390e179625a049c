/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Answers of DNS servers, as programs receive them: whatever came from port 53 is sent to user
 * space, which understands it. In the ring it lies before whatever the program then connects to.
 *
 * The end of the call is enough: its arguments are still in the registers, and the program's own
 * structs say where the bytes went.
 */
#ifndef SOCKETRACE_BPF_ANSWERS_H
#define SOCKETRACE_BPF_ANSWERS_H

#include "bpf/kernel/preemption.h"
#include "bpf/kernel/arguments.h"
#include "bpf/connect/attempts.h"
#include "bpf/kernel/descriptor.h"
#include "bpf/kernel/task.h"

#define DNS_PORT 53
#define DNS_HEADER 12
/* Answers of one recvmmsg(2) that are looked at. */
#define MOST_MESSAGES 64

/* What a 64-bit program passes to recvmsg(2), and in a row to recvmmsg(2). */
struct user_message { /* struct mmsghdr */
  __u64 name;
  __u32 name_length, pad;
  __u64 segments, segment_count;
  __u64 control, control_length;
  __u32 flags, more_pad;
  __u32 received, last_pad; /* recvmmsg only */
};
#define ONE_MESSAGE __builtin_offsetof(struct user_message, received)

/* Where a call put what it received. */
struct received {
  __u64 name; /* a struct sockaddr of the sender, or NULL */
  __u64 at, room;
  __s64 size; /* as the call said */
};

/* Of a message in several segments the first, which the program made for the header at least. */
static __always_inline bool find_message(struct received *r, __u64 from, bool one_of_many) {
  struct user_message message = {};
  __u64 segment[2]; /* struct iovec */

  if (bpf_probe_read_user(&message, one_of_many ? sizeof(message) : ONE_MESSAGE,
                          (const void *)from) ||
      !message.segment_count ||
      bpf_probe_read_user(segment, sizeof(segment), (const void *)message.segments))
    return false;
  r->name = message.name;
  r->at = segment[0];
  r->room = segment[1];
  if (one_of_many) r->size = message.received;
  return true;
}

/* Connected, it is the socket that knows whom it hears; else the call told the program. */
static __always_inline bool comes_from_server(const struct sock *sk, __u32 protocol, __u64 name) {
  __be16 port = BPF_CORE_READ(sk, __sk_common.skc_dport);
  __u16 sender[2] = {}; /* family and port of a struct sockaddr_in or sockaddr_in6 */

  if (port || protocol != IPPROTO_UDP) return port == bpf_htons(DNS_PORT);
  return name && !bpf_probe_read_user(sender, sizeof(sender), (const void *)name) &&
         (sender[0] == AF_INET || sender[0] == AF_INET6) && sender[1] == bpf_htons(DNS_PORT);
}

static __always_inline void send_answer(const struct received *r, __u32 protocol) {
  struct st_stats *counters = this_cpu_stats();
  struct st_answer *answer;
  __u64 size = r->size;

  if (!counters) return;
  /* Attempts have the other half of the ring for themselves. */
  answer = NULL;
  if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE) / 2)
    answer = bpf_ringbuf_reserve(&ring, sizeof(*answer), 0);
  if (!answer) {
    ADD_STAT(answers_lost, 1);
    return;
  }
  __builtin_memset(answer, 0, __builtin_offsetof(struct st_answer, bytes));
  answer->event.length = sizeof(*answer);
  answer->event.func = ST_CONNECT_ANSWER;
  answer->event.time_ns = bpf_ktime_get_ns();
  answer->event.cpu = bpf_get_smp_processor_id();
  answer->process = bpf_get_current_pid_tgid() >> 32;
  answer->process_start = process_start();
  answer->whole = size;
  if (protocol != IPPROTO_UDP) answer->flags |= ST_ANSWER_STREAM;
  if (size > r->room) size = r->room; /* MSG_TRUNC, or another segment */
  if (size > ST_ANSWER_LEN) size = ST_ANSWER_LEN;
  /* Up to 6.12 the verifier forgets a bound when the register is spilled: show it once more. */
  asm volatile("" : "+r"(size));
  if (size > ST_ANSWER_LEN || bpf_probe_read_user(answer->bytes, size, (const void *)r->at)) {
    bpf_ringbuf_discard(answer, BPF_RB_NO_WAKEUP);
    ADD_STAT(answers_lost, 1);
    return;
  }
  answer->taken = size;
  bpf_ringbuf_submit(answer, wakeup_flags(sizeof(*answer), counters));
}

/* Was it from a DNS server? Not inlined, and not static: the verifier looks at it once, whatever
 * the number of messages. */
__attribute__((noinline)) int st_take_answer(__u64 regs, __s64 result, __u32 number,
                                             __u32 message) {
  struct arguments a = read_arguments(regs);
  struct received r = {.size = result};
  const struct socket *socket;
  const struct sock *sk;
  __u32 protocol;
  __u16 family;

  socket = socket_of_descriptor(a.at[0]);
  if (!socket) return 0;
  sk = BPF_CORE_READ(socket, sk);
  family = BPF_CORE_READ(sk, __sk_common.skc_family);
  protocol = BPF_CORE_READ(sk, sk_protocol);
  if ((family != AF_INET && family != AF_INET6) ||
      (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP))
    return 0;
  r.at = a.at[1];
  r.room = a.at[2];
  if (number == st_connect_config.recvfrom) {
    r.name = a.at[4];
  } else if (number == st_connect_config.recvmsg) {
    if (!find_message(&r, a.at[1], false)) return 0;
  } else if (number == st_connect_config.recvmmsg) {
    if (!find_message(&r, a.at[1] + (__u64)message * sizeof(struct user_message), true)) return 0;
  }
  if (!comes_from_server(sk, protocol, r.name)) return 0;
  if (r.size > DNS_HEADER) send_answer(&r, protocol);
  return 1;
}

/* (struct pt_regs *regs, long result) */
PROGRAM("tp_btf/sys_exit", st_answer_received, __u64 *ctx) {
  const struct pt_regs___kernel *regs = (const void *)ctx[0];
  __u64 number = CALL_NUMBER(regs), address = 0;
  __s64 result = ctx[1];
  __u32 messages = 1;
  int taken = 0;

  if (!st_state.enabled) return 0;
  if (number == st_connect_config.recvmmsg) {
    if (result <= 0) return 0;
    messages = result;
  } else if (number != st_connect_config.recvfrom && number != st_connect_config.recvmsg &&
             number != st_connect_config.read) {
    return 0;
  } else if (result <= DNS_HEADER) {
    return 0;
  }
  if (is_compat() || limit_reached()) return 0;
  bpf_probe_read_kernel(&address, sizeof(address), ctx);
  for (__u32 message = 0; message < MOST_MESSAGES && message < messages; message++)
    taken = st_take_answer(address, result, number, message);
  if (taken && messages > MOST_MESSAGES) ADD_STAT(answers_lost, messages - MOST_MESSAGES);
  return 0;
}

#endif
