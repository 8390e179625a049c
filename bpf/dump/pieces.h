/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is kept of a call, who used which socket, and the pieces that a payload travels in. */
#ifndef SOCKETRACE_BPF_PIECES_H
#define SOCKETRACE_BPF_PIECES_H

#include "bpf/tell/emit.h"
#include "bpf/kernel/message.h"
#include "bpf/identity/unix.h"
#include "bpf/dump/names.h"

/* (No BPF_CORE_READ through a struct of our own: it would look for that in the kernel's types.) */
/* What is kept from the entry of a call to its return. */
struct call {
  const struct sock *sk;
  const struct msghdr *msg;
  struct buffer buffer;
  __u64 time_ns;  /* when it returned */
  __u32 wanted;   /* bytes of the payload still to come */
  __u32 captured; /* bytes that were sent along */
  __u64 asked;
  const void *control;
  __u64 control_length;
  __u64 other_inode; /* with ST_MSG_PEER_KNOWN: of the datagram's other end */
  __u32 flags;       /* enum st_message_flag */
  __u16 type;
  __u16 other_length;
  __u32 compat; /* control messages are laid out for 32 bits */
  __u32 fds;    /* passed along */
  __u64 said;   /* bytes that are lost with it */
  char other_name[ST_UNIX_NAME_LEN];
  __u32 pad2;
};

/* By thread. A thread that waits in a receive keeps its place. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct call);
} calls SEC(".maps");

/* Nothing known yet: a call is put together in its place in the map, for it is more than half of
 * the stack. Only programs of the same thread look there. */
static const struct call no_call = {};

static __always_inline struct call *begin_call(__u64 thread) {
  if (bpf_map_update_elem(&calls, &thread, &no_call, BPF_ANY)) return NULL;
  return bpf_map_lookup_elem(&calls, &thread);
}

/* By socket: the process that used it last. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64); /* socket_inode */
  __type(value, __u32);
} users SEC(".maps");

/* By socket: what of it was lost. */
struct loss {
  __u64 messages;
  __u64 bytes;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct loss);
} losses SEC(".maps");

/* A frame of its own for st_event: all frames of a chain of calls share 512 bytes. */
static __noinline __u32 current_tgid(void) {
  struct st_event task = {};

  read_task(&task);
  return task.tgid;
}

static __always_inline void remember_user(const struct sock *sk) {
  __u64 inode = socket_inode(sk);
  __u32 tgid, *user;

  if (!inode) return;
  tgid = current_tgid();
  user = bpf_map_lookup_elem(&users, &inode);
  if (user && *user == tgid) return;
  bpf_map_update_elem(&users, &inode, &tgid, BPF_ANY);
}

/* For a message that counts as matched already. Programs behind trampolines may be preempted:
 * counters are added to atomically. */
static __always_inline void count_loss(const struct sock *sk, __u64 bytes) {
  struct st_stats *counters = this_cpu_stats();
  struct loss first = {.messages = 1, .bytes = bytes}, *loss;
  __u64 inode = socket_inode(sk);

  if (counters) __sync_fetch_and_add(&counters->lost, 1);
  if (st_config.limit) /* not one of those the reader waits for */
    __sync_fetch_and_add(&st_state.emitted, -1);
  loss = bpf_map_lookup_elem(&losses, &inode);
  if (loss) {
    __sync_fetch_and_add(&loss->messages, 1);
    /* (An addition of nothing becomes an atomic "or", which 5.10 does not have.) */
    if (bytes) __sync_fetch_and_add(&loss->bytes, bytes);
  } else {
    bpf_map_update_elem(&losses, &inode, &first, BPF_NOEXIST);
  }
}

static __always_inline __u64 piece_wakeup(__u32 length) {
  struct st_stats *counters = this_cpu_stats();

  return counters ? wakeup_flags(length, counters) : 0;
}

static __always_inline void count_message(void) {
  struct st_stats *counters = this_cpu_stats();

  if (counters) __sync_fetch_and_add(&counters->matched, 1);
  if (st_config.limit) __sync_fetch_and_add(&st_state.emitted, 1);
}

enum piece_outcome { PIECE_SENT, PIECE_LOST, PIECE_FAULT };

/* The smallest class that holds what there is; of more than the largest a part. Sent: it is added
 * to `captured`. */
#define SEND_PIECE(call, thread_, room)                                                         \
  ({                                                                                            \
    struct {                                                                                    \
      struct st_piece head;                                                                     \
      __u8 bytes[room];                                                                         \
    } *slot = bpf_ringbuf_reserve(&ring, sizeof(*slot), 0);                                     \
    __u32 outcome = PIECE_LOST;                                                                 \
    if (slot) {                                                                                 \
      __u64 size = (call)->buffer.left < (call)->wanted ? (call)->buffer.left : (call)->wanted; \
      const void *from = (call)->buffer.at;                                                     \
      long bad;                                                                                 \
      if (size > (room)) size = (room);                                                         \
      slot->head.length = sizeof(slot->head) + size;                                            \
      slot->head.kind = ST_PIECE_DATA;                                                          \
      slot->head.thread = (thread_);                                                            \
      slot->head.time_ns = (call)->time_ns;                                                     \
      slot->head.offset = (call)->captured;                                                     \
      slot->head.pad = 0;                                                                       \
      (call)->buffer.at += size;                                                                \
      (call)->buffer.left -= size;                                                              \
      (call)->wanted -= size;                                                                   \
      (call)->captured += size;                                                                 \
      asm volatile("" : "+r"(size), "+r"(from));                                                \
      if (size > (room)) size = (room);                                                         \
      if ((call)->buffer.kind == BUFFER_KERNEL)                                                 \
        bad = bpf_probe_read_kernel(slot->bytes, size, from);                                   \
      else                                                                                      \
        bad = bpf_probe_read_user(slot->bytes, size, from);                                     \
      if (bad) {                                                                                \
        (call)->captured = slot->head.offset;                                                   \
        bpf_ringbuf_discard(slot, BPF_RB_NO_WAKEUP);                                            \
        outcome = PIECE_FAULT;                                                                  \
      } else {                                                                                  \
        bpf_ringbuf_submit(slot, piece_wakeup((room)));                                         \
        outcome = PIECE_SENT;                                                                   \
      }                                                                                         \
    }                                                                                           \
    outcome;                                                                                    \
  })

static __always_inline __u32 send_piece(struct call *call, __u64 thread) {
  __u64 size = call->buffer.left < call->wanted ? call->buffer.left : call->wanted;

  if (size <= ST_PIECE_SMALL) return SEND_PIECE(call, thread, ST_PIECE_SMALL);
  if (size <= ST_PIECE_MEDIUM) return SEND_PIECE(call, thread, ST_PIECE_MEDIUM);
  return SEND_PIECE(call, thread, ST_PIECE_LARGE);
}

enum step { STEP_ON, STEP_DONE, STEP_LOST };

/* The next piece of the payload of the thread's call, or the next segment. A global function, for
 * the verifier's sake: it looks at it once, not once for each turn of the loop below. What changes
 * from one turn to the next is in the map. */
__noinline int st_send_next(__u64 thread) {
  struct call *call = bpf_map_lookup_elem(&calls, &thread);

  if (!call || !call->wanted) return STEP_DONE;
  if (!call->buffer.left) {
    if (next_segment(&call->buffer)) return STEP_ON; /* it may be empty */
    call->flags |= ST_MSG_FAULT;
    return STEP_DONE;
  }
  switch (send_piece(call, thread)) {
    case PIECE_LOST:
      return STEP_LOST;
    case PIECE_FAULT:
      call->flags |= ST_MSG_FAULT;
      return STEP_DONE;
  }
  return STEP_ON;
}

/* Two short loops in place of a long one: up to 6.1 the verifier's work grows with the square. */
#define PIECES_AT_ONCE 32

__noinline int st_send_some(__u64 thread) {
  for (__u32 i = 0; i < PIECES_AT_ONCE; i++) {
    int step = st_send_next(thread);

    if (step != STEP_ON) return step;
  }
  return STEP_ON;
}

/* Sends at most `wanted` bytes of the payload; false when a piece was lost. */
static __always_inline bool send_payload(struct call *call, __u64 thread) {
  for (__u32 i = 0; i < 2 * ST_MAX_PIECES / PIECES_AT_ONCE; i++) {
    int step = st_send_some(thread);

    if (step == STEP_DONE) return true;
    if (step == STEP_LOST) return false;
  }
  if (call->wanted) call->flags |= ST_MSG_SEGMENTS;
  return true;
}

#endif
