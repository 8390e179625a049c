/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A call that matched by name -> the other filters -> its message, or a loss counted. */
#ifndef SOCKETRACE_BPF_DUMP_MESSAGE_H
#define SOCKETRACE_BPF_DUMP_MESSAGE_H

#include "bpf/dump/pieces.h"

struct task {
  __u32 tgid, tid, uid, peer;
};

static __always_inline void read_ends(struct task *t, struct call *call) {
  struct st_event ids = {};
  const struct sock *peer = peer_of(call->sk);
  __u64 inode = call->other_inode;
  __u32 *user;

  read_task(&ids);
  t->tgid = ids.tgid;
  t->tid = ids.tid;
  t->uid = effective_uid();
  if (!(call->flags & ST_MSG_PEER_KNOWN) && peer) inode = socket_inode(peer);
  user = inode ? bpf_map_lookup_elem(&users, &inode) : NULL;
  if (user) {
    t->peer = *user;
    return;
  }
  /* Of connections and pairs; the other end of a datagram may be any socket. */
  if (!peer) return;
  t->peer = recorded_peer(call->sk);
  if (t->peer) call->flags |= ST_MSG_PEER_RECORDED;
}

#define PID_MATCHES(tgid) IN_LIST(pids, ST_MAX_PIDS, st_config.pid_count, tgid)

static __always_inline __u32 netns_of(const struct sock *sk) {
  if (!bpf_core_field_exists(possible_net_t, net)) return 0;
  return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* The pid filter is of either end, so that a conversation is not torn. */
static __always_inline bool filters_let_pass(const struct task *t, const struct sock *sk) {
  if (st_config.own_tgid && t->tgid == st_config.own_tgid) return false;
  if (st_config.pid_count && !PID_MATCHES(t->tgid) && !(t->peer && PID_MATCHES(t->peer)))
    return false;
  if (st_config.uid_count && !IN_LIST(uids, ST_MAX_UIDS, st_config.uid_count, t->uid)) return false;
  if (st_config.comm_count && !current_comm_passes()) return false;
  if (st_config.netns_count && !IN_LIST(netns, ST_MAX_NETNS, st_config.netns_count, netns_of(sk)))
    return false;
  return true;
}

/* What the receiver got is in its own control buffer, and msg has moved on behind it. */
static __always_inline void read_control(struct call *call) {
  struct attached attached = {};
  __u64 length = call->control_length;
  const struct msghdr *msg = call->msg;
  __u32 flags;

  if (call->flags & ST_MSG_RECV) {
    flags = BPF_CORE_READ(msg, msg_flags);
    if (flags & MSG_TRUNC) call->flags |= ST_MSG_CUT;
    if (flags & MSG_CTRUNC) call->flags |= ST_MSG_CTRUNC;
    length -= BPF_CORE_READ(msg, msg_controllen);
  }
  if (!call->control || call->compat || length > call->control_length) return;
  read_attached(&attached, call->control, length, (call->flags & ST_MSG_RECV) != 0);
  call->fds = attached.fds;
  if (attached.credentials) call->flags |= ST_MSG_CREDENTIALS;
}

static __always_inline void read_peer_name(struct st_message *m, const struct call *call) {
  const struct sock *peer = peer_of(call->sk);
  const struct msghdr *msg = call->msg;
  __u32 length;

  if (call->flags & ST_MSG_PEER_KNOWN) {
    m->peer_inode = call->other_inode;
    m->peer_len = call->other_length;
    __builtin_memcpy(m->peer_name, call->other_name, sizeof(m->peer_name));
  } else if (peer) {
    m->flags |= ST_MSG_PEER_KNOWN;
    m->peer_inode = socket_inode(peer);
    read_unix_name(m->peer_name, &m->peer_len, peer);
  } else if (msg && !(call->flags & ST_MSG_RECV)) {
    /* Sending failed before the destination was found: its name is all there is. */
    const void *from = BPF_CORE_READ(msg, msg_name);

    length = (__u32)BPF_CORE_READ(msg, msg_namelen) - 2;
    if (!from || length > ST_UNIX_NAME_LEN) return;
    m->flags |= ST_MSG_PEER_KNOWN;
    m->peer_len = length;
    asm volatile("" : "+r"(length), "+r"(from));
    if (length > ST_UNIX_NAME_LEN || bpf_probe_read_kernel(m->peer_name, length, from + 2))
      m->peer_len = 0;
  }
}

static __always_inline bool send_message(const struct call *call, __u64 thread,
                                         const struct task *t, __s64 result) {
  struct st_message *m = bpf_ringbuf_reserve(&ring, sizeof(*m), 0);
  __u64 inode = socket_inode(call->sk);
  struct loss *loss;

  if (!m) return false;
  __builtin_memset(m, 0, sizeof(*m));
  m->head.length = sizeof(*m);
  m->head.kind = ST_PIECE_MESSAGE;
  m->head.thread = thread;
  m->head.time_ns = call->time_ns;
  m->sock = (unsigned long)call->sk;
  m->peer_sock = (unsigned long)peer_of(call->sk);
  m->local_inode = inode;
  m->asked = call->asked;
  m->result = result;
  m->captured = call->captured;
  m->flags = call->flags;
  m->fds = call->fds;
  m->tgid = t->tgid;
  m->tid = t->tid;
  m->uid = t->uid;
  m->peer_tgid = t->peer;
  m->netns = netns_of(call->sk);
  m->type = call->type;
  bpf_get_current_comm(m->comm, sizeof(m->comm));
  read_unix_name(m->local_name, &m->local_len, call->sk);
  read_peer_name(m, call);
  loss = bpf_map_lookup_elem(&losses, &inode);
  if (loss) {
    m->lost = loss->messages;
    m->lost_bytes = loss->bytes;
  }
  bpf_ringbuf_submit(m, piece_wakeup(sizeof(*m)));
  return true;
}

/* What is known of the call goes into the map at once: each fact that the verifier knew as well, in
 * a register or on the stack, would double what it has to look at behind it. */
static __always_inline void emit_message(struct call *call, __u64 thread, __s64 result) {
  struct task task = {};
  __u64 there = result > 0 ? result : 0;

  read_ends(&task, call);
  if (!filters_let_pass(&task, call->sk)) return;
  count_message();
  call->said = call->flags & ST_MSG_PEEK ? 0 : there; /* what is peeked at comes again */

  if (call->msg) read_control(call);
  /* With MSG_TRUNC a receiver is told the whole length of what it got the beginning of. */
  if (there > call->asked) there = call->asked;
  if (there > st_dump.max_bytes) {
    there = st_dump.max_bytes;
    call->flags |= ST_MSG_LIMITED;
  }
  call->wanted = there;
  call->time_ns = bpf_ktime_get_ns();
  if (call->buffer.kind == BUFFER_PAGES) {
    call->flags |= ST_MSG_SPLICED;
  } else if (!send_payload(call, thread)) {
    count_loss(call->sk, call->said);
    return;
  }
  if (!send_message(call, thread, &task, result)) count_loss(call->sk, call->said);
}

#endif
