/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace dump: what is said over unix sockets. At the entry of a call the iterator of its
 * buffer is kept, at the return its result is known and the payload is read.
 *
 * By fentry and fexit (trampolines), not kprobe and kretprobe: a kretprobe has a fixed number of
 * places for calls that have not returned, and receivers that wait would take them all.
 */
#include "bpf/contract/dump.h"
#include "bpf/kernel/kernel.h"
#include "bpf/kernel/preemption.h"
#include "bpf/tell/emit.h"
#include "bpf/kernel/message.h"
#include "bpf/dump/names.h"
#include "bpf/identity/unix.h"
#include "bpf/dump/message.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct st_dump_unseen st_dump_unseen = {};

static __always_inline bool is_wanted_type(__u16 type) {
  return !st_dump.types || st_dump.types & (1u << (type & 31));
}

/* ---- entries ------------------------------------------------------------------------------- */

static __always_inline int enter(const struct socket *socket, const struct msghdr *msg, __u64 size,
                                 __u32 flags, __u32 side) {
  __u64 thread = bpf_get_current_pid_tgid();
  const struct sock *sk = BPF_CORE_READ(socket, sk);
  struct call *call;
  __u32 known;
  __u16 type;

  if (!sk) return 0;
  type = BPF_CORE_READ(sk, sk_type);
  known = ends_that_match(sk);
  if (side == ST_DUMP_SEND && !known && destination_matches(msg)) known = ST_MSG_PATH_PEER;
  /* The other end of a connection stays, that of a datagram is known later. */
  if (!known && type == SOCK_STREAM) return 0;
  if (known) remember_user(sk);
  if (!(st_dump.sides & side) || !is_wanted_type(type)) return 0;

  call = begin_call(thread);
  if (!call) {
    if (!st_state.enabled) return 0;
    if (!known) { /* its other end might have matched */
      __sync_fetch_and_add(&st_dump_unseen.datagrams, 1);
      return 0;
    }
    count_message();
    count_loss(sk, side == ST_DUMP_SEND ? size : 0); /* of a receiver: nobody knows */
    return 0;
  }
  if (side == ST_DUMP_RECV) {
    known |= ST_MSG_RECV;
    if (flags & MSG_PEEK) known |= ST_MSG_PEEK;
  } else {
    flags = BPF_CORE_READ(msg, msg_flags);
  }
  if (flags & MSG_OOB) known |= ST_MSG_OOB;
  call->sk = sk;
  call->msg = msg;
  call->asked = size;
  call->control = BPF_CORE_READ(msg, msg_control);
  call->control_length = BPF_CORE_READ(msg, msg_controllen);
  call->type = type;
  call->flags = known;
  call->compat = (flags & MSG_CMSG_COMPAT) != 0;
  read_buffer(&call->buffer, msg);
  return 0;
}

TRAMPOLINE("fentry/unix_stream_sendmsg", st_stream_send, const struct socket *socket,
           const struct msghdr *msg, __u64 size) {
  return enter(socket, msg, size, 0, ST_DUMP_SEND);
}
TRAMPOLINE("fentry/unix_dgram_sendmsg", st_dgram_send, const struct socket *socket,
           const struct msghdr *msg, __u64 size) {
  return enter(socket, msg, size, 0, ST_DUMP_SEND);
}
/* Calls unix_dgram_sendmsg once it has found the socket connected: that one's return is the first,
 * and takes what was kept for the call. The same for receiving. */
TRAMPOLINE("fentry/unix_seqpacket_sendmsg", st_seqpacket_send, const struct socket *socket,
           const struct msghdr *msg, __u64 size) {
  return enter(socket, msg, size, 0, ST_DUMP_SEND);
}
TRAMPOLINE("fentry/unix_stream_recvmsg", st_stream_recv, const struct socket *socket,
           const struct msghdr *msg, __u64 size, int flags) {
  return enter(socket, msg, size, flags, ST_DUMP_RECV);
}
TRAMPOLINE("fentry/unix_dgram_recvmsg", st_dgram_recv, const struct socket *socket,
           const struct msghdr *msg, __u64 size, int flags) {
  return enter(socket, msg, size, flags, ST_DUMP_RECV);
}
TRAMPOLINE("fentry/unix_seqpacket_recvmsg", st_seqpacket_recv, const struct socket *socket,
           const struct msghdr *msg, __u64 size, int flags) {
  return enter(socket, msg, size, flags, ST_DUMP_RECV);
}

/* ---- the other end of a datagram ------------------------------------------------------------ */

static __always_inline void other_end(const struct sock *sk, const struct sock *other) {
  __u64 thread = bpf_get_current_pid_tgid();
  struct call *call = bpf_map_lookup_elem(&calls, &thread);

  if (!call || call->sk != sk || !other) return;
  if (!(call->flags & ST_MSG_PATH_PEER))
    call->flags |= flags_of_match(sock_matches(other), ST_MSG_PATH_PEER);
  if (call->flags & (ST_MSG_PATH_LOCAL | ST_MSG_PATH_PEER)) remember_user(sk);
  call->flags |= ST_MSG_PEER_KNOWN;
  call->other_inode = socket_inode(other);
  call->other_length = 0;
  read_unix_name(call->other_name, &call->other_length, other);
}

/* Asked by unix_dgram_sendmsg before a datagram is queued (CONFIG_SECURITY_NETWORK). */
TRAMPOLINE("fentry/security_unix_may_send", st_may_send, const struct socket *socket,
           const struct socket *other) {
  other_end(BPF_CORE_READ(socket, sk), BPF_CORE_READ(other, sk));
  return 0;
}

/* A datagram was taken off (or seen in) the queue; its owner is the sender. */
TRAMPOLINE("fexit/__skb_try_recv_datagram", st_datagram_taken, const struct sock *sk,
           const void *queue, __u32 flags, const int *offset, const int *error, const void *last,
           const struct sk_buff *skb) {
  if (skb) other_end(sk, BPF_CORE_READ(skb, sk));
  return 0;
}

/* ---- returns ------------------------------------------------------------------------------- */

static __always_inline bool worth_a_message(const struct call *call, __s64 result) {
  if (!(call->flags & (ST_MSG_PATH_LOCAL | ST_MSG_PATH_PEER))) return false;
  if (result < 0) return st_dump.failed;
  if (result > 0) return true;
  /* Nothing at all was said over a stream; a datagram may well be empty. Of a receiver's zero of a
   * closed connection we know by the datagram that there was none. */
  if (call->type == SOCK_STREAM) return false;
  return !(call->flags & ST_MSG_RECV) || call->flags & ST_MSG_PEER_KNOWN;
}

/* A frame of its own: see current_tgid. */
static __noinline int leave(const struct socket *socket, __s64 result) {
  __u64 thread = bpf_get_current_pid_tgid();
  struct call *call = bpf_map_lookup_elem(&calls, &thread);

  if (!call) return 0;
  if (st_state.enabled && !limit_reached() && call->sk == BPF_CORE_READ(socket, sk) &&
      worth_a_message(call, result))
    emit_message(call, thread, result);
  bpf_map_delete_elem(&calls, &thread);
  return 0;
}

TRAMPOLINE("fexit/unix_stream_sendmsg", st_stream_sent, const struct socket *socket,
           const void *msg, __u64 size, int result) {
  return leave(socket, result);
}
TRAMPOLINE("fexit/unix_dgram_sendmsg", st_dgram_sent, const struct socket *socket, const void *msg,
           __u64 size, int result) {
  return leave(socket, result);
}
TRAMPOLINE("fexit/unix_seqpacket_sendmsg", st_seqpacket_sent, const struct socket *socket,
           const void *msg, __u64 size, int result) {
  return leave(socket, result);
}
TRAMPOLINE("fexit/unix_stream_recvmsg", st_stream_received, const struct socket *socket,
           const void *msg, __u64 size, int flags, int result) {
  return leave(socket, result);
}
TRAMPOLINE("fexit/unix_dgram_recvmsg", st_dgram_received, const struct socket *socket,
           const void *msg, __u64 size, int flags, int result) {
  return leave(socket, result);
}
TRAMPOLINE("fexit/unix_seqpacket_recvmsg", st_seqpacket_received, const struct socket *socket,
           const void *msg, __u64 size, int flags, int result) {
  return leave(socket, result);
}

/* ---- pages: no buffer to read ---------------------------------------------------------------- */

static __always_inline int spliced(const struct socket *socket, __u64 size, __s64 result,
                                   __u32 side) {
  const struct sock *sk = BPF_CORE_READ(socket, sk);
  struct call *call;
  __u32 known;
  __u16 type;

  if (!(st_dump.sides & side) || !sk) return 0;
  type = BPF_CORE_READ(sk, sk_type);
  if (!is_wanted_type(type)) return 0;
  known = ends_that_match(sk);
  if (!known) return 0;
  remember_user(sk);
  call = begin_call(bpf_get_current_pid_tgid());
  if (!call) return 0;
  call->sk = sk;
  call->asked = size;
  call->type = type;
  call->flags = side == ST_DUMP_RECV ? known | ST_MSG_RECV : known;
  return leave(socket, result);
}

/* splice(2) and sendfile(2) up to 6.4; since then unix_stream_sendmsg gets pages. */
TRAMPOLINE("fexit/unix_stream_sendpage", st_stream_page_sent, const struct socket *socket,
           const void *page, int offset, __u64 size, int flags, long result) {
  return spliced(socket, size, result, ST_DUMP_SEND);
}
TRAMPOLINE("fexit/unix_stream_splice_read", st_stream_spliced, const struct socket *socket,
           const void *position, const void *pipe, __u64 size, __u32 flags, long result) {
  return spliced(socket, size, result, ST_DUMP_RECV);
}

/* ---- ends of conversations ------------------------------------------------------------------- */

/* Where it gets lost, user space ends the conversation itself: nothing to count. */
static __always_inline int closing(const struct socket *socket) {
  const struct sock *sk = BPF_CORE_READ(socket, sk);
  const struct unix_sock *of_unix = (const void *)sk;
  const struct sock *peer;
  struct st_closing record = {
      .head = {.length = sizeof(record), .kind = ST_PIECE_CLOSING, .time_ns = bpf_ktime_get_ns()},
      .sock = (unsigned long)sk,
  };

  if (!st_state.enabled || !sk) return 0;
  peer = BPF_CORE_READ(of_unix, peer);
  if (!peer || BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM) return 0;
  if (!sock_matches(sk) && !sock_matches(peer)) return 0;
  bpf_ringbuf_output(&ring, &record, sizeof(record), 0);
  return 0;
}

TRAMPOLINE("fentry/unix_release", st_closed, const struct socket *socket) {
  return closing(socket);
}
/* SHUT_RD is 0: such an end goes on to speak. */
TRAMPOLINE("fentry/unix_shutdown", st_shut, const struct socket *socket, int how) {
  return how ? closing(socket) : 0;
}
