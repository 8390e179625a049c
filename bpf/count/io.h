/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * count calls: what was sent and received, by whatever system call.
 *
 * sock_send_length and sock_recv_length (6.3) sit where write, sendto, sendmsg, sendmmsg, sendfile,
 * io_uring and the kernel itself meet, and have the result. Until 6.4 sendfile goes by them
 * (sendpage), so they are used from 6.5 on. Below, the calls are counted at their exits and
 * whatever comes by the socket's file at the functions of its file_operations: these are called by
 * pointer and so never inlined.
 */
#ifndef SOCKETRACE_BPF_COUNT_IO_H
#define SOCKETRACE_BPF_COUNT_IO_H

#include "bpf/kernel/preemption.h"
#include "bpf/count/calls.h"

#define MSG_PEEK 2
#define MOST_MESSAGES 1024 /* UIO_MAXIOV: sendmmsg and recvmmsg take no more */

/* A send or receive on this socket, of a task that matches. */
static __always_inline bool io_matches(const struct sock *sk) {
  struct subject s = {.sk = sk};
  struct st_event e = {};

  if (!filters_by_subject()) return true;
  read_for_match(&e, &s, false);
  return match_read(&e, &s);
}

static __always_inline void add_io(__u32 op, __s64 result, bool peeked) {
  add_operations(op, result, 1, result > 0 && !peeked ? result : 0);
}

static __always_inline int count_io(__u32 op, const struct sock *sk, __s64 result, bool peeked) {
  struct st_event e = {};

  if (st_state.enabled && match_task(&e) && io_matches(sk)) add_io(op, result, peeked);
  return 0;
}

/* (struct sock *, int result, int flags) */
PROGRAM("raw_tp/sock_send_length", st_sent, struct bpf_raw_tracepoint_args *ctx) {
  return count_io(ST_OP_SEND, (const void *)ctx->args[0], (int)ctx->args[1], false);
}
PROGRAM("raw_tp/sock_recv_length", st_received, struct bpf_raw_tracepoint_args *ctx) {
  return count_io(ST_OP_RECEIVE, (const void *)ctx->args[0], (int)ctx->args[1],
                  ctx->args[2] & MSG_PEEK);
}

/* ---- by the socket's file ------------------------------------------------------------------ */

static __always_inline int count_file(__u32 op, const struct file *file, long result) {
  const struct socket *socket = BPF_CORE_READ(file, private_data);

  return count_io(op, BPF_CORE_READ(socket, sk), result, false);
}

TRAMPOLINE("fexit/sock_write_iter", st_written, struct kiocb *call, void *from, long result) {
  return count_file(ST_OP_SEND, BPF_CORE_READ(call, ki_filp), result);
}
TRAMPOLINE("fexit/sock_read_iter", st_read, struct kiocb *call, void *to, long result) {
  return count_file(ST_OP_RECEIVE, BPF_CORE_READ(call, ki_filp), result);
}
TRAMPOLINE("fexit/sock_sendpage", st_page_sent, struct file *file, void *page, int offset,
           __u64 size, void *position, int more, long result) {
  return count_file(ST_OP_SEND, file, result);
}
/* Protocols without a splice of their own read through sock_read_iter and what is behind it: those
 * are counted there. */
TRAMPOLINE("fexit/sock_splice_read", st_spliced, struct file *file, void *position, void *pipe,
           __u64 length, unsigned int flags, long result) {
  const struct socket *socket = BPF_CORE_READ(file, private_data);

  if (!BPF_CORE_READ(socket, ops, splice_read)) return 0;
  return count_file(ST_OP_RECEIVE, file, result);
}

/* ---- by calls of sockets ------------------------------------------------------------------- */

static __always_inline const struct sock *sock_of_call(const struct pending *p) {
  const struct socket *socket = socket_of_descriptor(p->args[0]);

  return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

static __always_inline void count_message(__u32 op, __s64 result, const struct pending *p,
                                          bool peeked) {
  if (io_matches(sock_of_call(p))) add_io(op, result, peeked);
}

struct mmsghdr {
  __u8 header[56]; /* struct user_msghdr */
  __u32 length;    /* which the kernel has written */
  __u32 pad;
};

/* Each message is an operation. The filters come before the loop: the verifier goes over what is
 * behind it once for every number of messages. */
static __always_inline void count_messages(__u32 op, __s64 result, const struct pending *p,
                                           bool peeked) {
  const struct mmsghdr *messages = (const void *)p->args[1];
  __u64 bytes = 0;

  if (!io_matches(sock_of_call(p))) return;
  for (__u32 i = 0; !peeked && i < MOST_MESSAGES && i < result; i++) {
    __u32 length = 0;

    bpf_probe_read_user(&length, sizeof(length), &messages[i].length);
    bytes += length;
  }
  add_operations(op, result, result > 0 ? result : 1, bytes);
}

#define IO_EXIT(name, op, count, peeked)                                                \
  PROGRAM("tp/syscalls/sys_exit_" #name, st_exit_##name, const struct call_exit *ctx) { \
    const struct pending *p = call_ended(ctx, false);                                   \
                                                                                        \
    if (!p) return 0;                                                                   \
    count(op, ctx->result, p, peeked);                                                  \
    forget_call();                                                                      \
    return 0;                                                                           \
  }

ENTER(sendto, 6, false)
ENTER(sendmsg, 3, false)
ENTER(sendmmsg, 4, false)
ENTER(recvfrom, 6, false)
ENTER(recvmsg, 3, false)
ENTER(recvmmsg, 5, false)
IO_EXIT(sendto, ST_OP_SEND, count_message, false)
IO_EXIT(sendmsg, ST_OP_SEND, count_message, false)
IO_EXIT(sendmmsg, ST_OP_SEND, count_messages, false)
IO_EXIT(recvfrom, ST_OP_RECEIVE, count_message, p->args[3] & MSG_PEEK)
IO_EXIT(recvmsg, ST_OP_RECEIVE, count_message, p->args[2] & MSG_PEEK)
IO_EXIT(recvmmsg, ST_OP_RECEIVE, count_messages, p->args[3] & MSG_PEEK)

#endif
