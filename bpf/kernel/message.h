/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * struct msghdr: where the bytes of a message lie, and what came along with them.
 *
 * The iterator is copied when the call begins, for the kernel uses it up, and the bytes are read
 * when the call has returned: their number is known then, and the kernel has just touched every
 * page, so that a program that may not wait for page faults finds them. What another thread writes
 * into the buffer meanwhile is seen as it is then; a page that is gone by then is told.
 */
#ifndef SOCKETRACE_BPF_MESSAGE_H
#define SOCKETRACE_BPF_MESSAGE_H

#include "bpf/kernel/kernel.h"

/* Numbers differ (IOVEC is 4, 0, 1; UBUF is missing, 6, 5, 0 on 5.10, 6.1, 6.6, 6.7): asked by
 * name. */
enum iter_type {
  ITER_IOVEC,
  ITER_KVEC,
  ITER_UBUF,
};

enum {
  SOL_SOCKET = 1,
  SCM_RIGHTS = 1,
  SCM_CREDENTIALS = 2,
};
enum {
  MSG_OOB = 0x1,
  MSG_PEEK = 0x2,
  MSG_CTRUNC = 0x8,
  MSG_TRUNC = 0x20,
  MSG_CMSG_COMPAT = 0x80000000u,
};

struct iovec { /* the ABI of user space, and struct kvec alike */
  void *iov_base;
  __u64 iov_len;
};
struct control_head { /* struct cmsghdr */
  __u64 length;
  __u32 level, type;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct iov_iter {
  __u8 iter_type; /* 5.14+ */
  unsigned long iov_offset;
  unsigned long count;
  const struct iovec *__iov; /* 6.4+ */
  void *ubuf;                /* 6.0+ */
  unsigned long nr_segs;
};
struct iov_iter___before {
  unsigned int type; /* to 5.13: bit 0 is the direction */
  const struct iovec *iov;
};
struct msghdr {
  void *msg_name;
  int msg_namelen;
  struct iov_iter msg_iter;
  void *msg_control;
  unsigned long msg_controllen;
  unsigned int msg_flags;
};

#pragma clang attribute pop

enum buffer_kind {
  BUFFER_PAGES = 0, /* nothing to read */
  BUFFER_USER = 1,
  BUFFER_KERNEL = 2,
};

/* Where the reading of a payload is: in a stretch of memory, and before which segments. */
struct buffer {
  const void *at;
  __u64 left;                  /* in this stretch */
  const struct iovec *segment; /* the next one */
  __u64 skip;                  /* of it: iov_offset */
  __u32 segments;              /* from it on */
  __u32 kind;                  /* enum buffer_kind */
};

static __always_inline __u32 iterator_type(const struct iov_iter *it) {
  const struct iov_iter___before *before = (const void *)it;

  if (bpf_core_field_exists(struct iov_iter, iter_type)) return BPF_CORE_READ(it, iter_type);
  return BPF_CORE_READ(before, type) & ~1u;
}

static __always_inline void read_buffer(struct buffer *b, const struct msghdr *msg) {
  const struct iov_iter *it = (const void *)msg + bpf_core_field_offset(struct msghdr, msg_iter);
  const struct iov_iter___before *before = (const void *)it;
  __u32 type = iterator_type(it);

  b->skip = BPF_CORE_READ(it, iov_offset);
  if (bpf_core_enum_value_exists(enum iter_type, ITER_UBUF) &&
      type == bpf_core_enum_value(enum iter_type, ITER_UBUF)) {
    b->kind = BUFFER_USER;
    b->at = BPF_CORE_READ(it, ubuf) + b->skip;
    b->left = ~0ull; /* the message ends before it does */
    return;
  }
  if (type == bpf_core_enum_value(enum iter_type, ITER_IOVEC))
    b->kind = BUFFER_USER;
  else if (type == bpf_core_enum_value(enum iter_type, ITER_KVEC))
    b->kind = BUFFER_KERNEL;
  else
    return;
  b->segments = BPF_CORE_READ(it, nr_segs);
  if (bpf_core_field_exists(struct iov_iter, __iov))
    b->segment = BPF_CORE_READ(it, __iov);
  else
    b->segment = BPF_CORE_READ(before, iov);
}

/* The next segment of a vector, which the kernel has copied to its own memory. */
static __always_inline bool next_segment(struct buffer *b) {
  struct iovec segment = {};

  if (!b->segments || bpf_probe_read_kernel(&segment, sizeof(segment), b->segment)) return false;
  b->segments--;
  b->segment++;
  b->at = segment.iov_base + b->skip;
  b->left = segment.iov_len > b->skip ? segment.iov_len - b->skip : 0;
  b->skip = 0;
  return true;
}

/* What control messages say. */
struct attached {
  __u32 fds;
  bool credentials;
};

/* Rights, credentials, security label, pidfd: all that unix sockets have. */
#define MAX_CONTROLS 4

/* Control messages lie in a row, each beginning at a multiple of 8. `user`: they were put into user
 * space for a receiver; a sender's are the kernel's copy. */
static __always_inline void read_attached(struct attached *a, const void *control, __u64 length,
                                          bool user) {
  for (__u32 i = 0; i < MAX_CONTROLS; i++) {
    struct control_head head = {};

    if (length < sizeof(head)) return;
    if (user ? bpf_probe_read_user(&head, sizeof(head), control)
             : bpf_probe_read_kernel(&head, sizeof(head), control))
      return;
    if (head.length < sizeof(head) || head.length > length) return;
    if (head.level == SOL_SOCKET && head.type == SCM_RIGHTS)
      a->fds += (head.length - sizeof(head)) / sizeof(int);
    if (head.level == SOL_SOCKET && head.type == SCM_CREDENTIALS) a->credentials = true;
    head.length = (head.length + 7) & ~7ull;
    if (head.length >= length) return;
    control += head.length;
    length -= head.length;
  }
}

#endif
