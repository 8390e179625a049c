/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract of `socketrace dump`, beside bpf/contract/event.h and by its rules: fixed widths,
 * natural alignment, no implicit padding, sizes asserted on both sides.
 *
 * A message travels as pieces: its payload in ST_PIECE_DATA records of fitting size, in order, then
 * one ST_PIECE_MESSAGE that describes it and says that it is whole. The pieces of one message have
 * the same thread and time; those of other threads may lie between them. Payload without an
 * ST_PIECE_MESSAGE is of a message that the kernel side has counted as lost.
 */
#ifndef SOCKETRACE_BPF_DUMP_H
#define SOCKETRACE_BPF_DUMP_H

#include "bpf/contract/event.h"

enum st_piece_kind {
  ST_PIECE_DATA = 1,
  ST_PIECE_MESSAGE = 2,
  ST_PIECE_CLOSING = 3, /* no piece of a message */
};

struct st_piece {
  __u32 length;  /* bytes that count, this head among them; the record may be longer */
  __u32 kind;    /* enum st_piece_kind */
  __u64 thread;  /* bpf_get_current_pid_tgid(): of the initial pid namespace */
  __u64 time_ns; /* CLOCK_MONOTONIC, when the call returned */
  __u32 offset;  /* of a piece of payload: where in the message it belongs */
  __u32 pad;
};

/* Room for payload in a piece, by size class: the smallest that holds what is left. */
#define ST_PIECE_SMALL 224
#define ST_PIECE_MEDIUM 2016
#define ST_PIECE_LARGE 16352

/* As many pieces as one message may have: each segment of an iovec begins a new one. The loop over
 * them is bounded for the verifier's sake (bpf_loop: 5.17). */
#define ST_MAX_PIECES 320
#define ST_DUMP_MAX_BYTES (1u << 20)

enum st_dump_side {
  ST_DUMP_SEND = 1 << 0,
  ST_DUMP_RECV = 1 << 1,
};

enum st_message_flag {
  ST_MSG_RECV = 1 << 0,       /* received; otherwise sent */
  ST_MSG_PEEK = 1 << 1,       /* MSG_PEEK: it stays in the queue */
  ST_MSG_LIMITED = 1 << 2,    /* captured no more than max_bytes */
  ST_MSG_FAULT = 1 << 3,      /* the bytes after `captured` were not there to be read any more */
  ST_MSG_SPLICED = 1 << 4,    /* from or to pages, not a buffer (splice, sendfile): no payload */
  ST_MSG_SEGMENTS = 1 << 5,   /* more than ST_MAX_PIECES */
  ST_MSG_CUT = 1 << 6,        /* MSG_TRUNC: the receiver's buffer was shorter than the datagram */
  ST_MSG_CTRUNC = 1 << 7,     /* MSG_CTRUNC: its control buffer was */
  ST_MSG_OOB = 1 << 8,        /* MSG_OOB */
  ST_MSG_PEER_KNOWN = 1 << 9, /* there is another end: peer_name and peer_inode are its */
  ST_MSG_PEER_RECORDED = 1 << 10, /* peer_tgid is who connected or listened, not who used it last */
  ST_MSG_PATH_LOCAL = 1 << 11,    /* it was the local name that matched */
  ST_MSG_PATH_PEER = 1 << 12,     /* the peer's did */
  ST_MSG_CREDENTIALS = 1 << 13,   /* SCM_CREDENTIALS came along */
  ST_MSG_OTHER_FILE = 1 << 14,    /* by_file: place or name matched, of another file */
};

struct st_message {
  struct st_piece head;
  __u64 sock;
  __u64 peer_sock;   /* 0: not connected */
  __u64 local_inode; /* as `ss -x` shows them; 0: none, not accepted yet or closed */
  __u64 peer_inode;
  __u64 asked;  /* bytes offered by the caller */
  __s64 result; /* of the call: bytes, or -errno */
  __u64 lost;   /* messages of this socket lost so far */
  __u64 lost_bytes;
  __u32 captured;  /* bytes of payload that came before this record */
  __u32 flags;     /* enum st_message_flag */
  __u32 tgid, tid; /* in the pid namespace we were started in */
  __u32 uid;
  __u32 peer_tgid; /* 0: unknown */
  __u32 netns;
  __u32 fds;                 /* descriptors passed along (SCM_RIGHTS) */
  __u16 type;                /* SOCK_* */
  __u16 local_len, peer_len; /* of the names, as in struct st_unix */
  __u16 pad;
  char comm[ST_COMM_LEN];
  char local_name[ST_UNIX_NAME_LEN];
  char peer_name[ST_UNIX_NAME_LEN];
};

/* A connection's end is about to be closed, or to say no more (shutdown). */
struct st_closing {
  struct st_piece head;
  __u64 sock;
};

/* A glob as the automaton that runs over a name: bit i of a set stands for "the first i tokens have
 * matched". A byte moves the states whose token accepts it on by one; a state with a star before
 * its token stays as well. */
struct st_glob {
  __u64 accept[256][2]; /* by byte: the tokens that accept it */
  __u64 star[2];        /* the states that stay at any byte */
  __u32 tokens;         /* the state that means a match */
  __u32 abstract;       /* of abstract names, after their NUL; otherwise of paths */
};

struct st_dump_config {
  __u32 match_all; /* no question of names */
  __u32 by_file;   /* bound to this file, or later in its place, or as `glob` has it */
  __u64 file_inode;
  __u64 folder_inode; /* of the folder that it is in, of the same device */
  __u32 file_device;  /* as the kernel keeps it: 20 bits of minor */
  __u32 sides;        /* enum st_dump_side */
  __u32 types;        /* bit SOCK_*; 0: any */
  __u32 failed;       /* calls that failed, too */
  __u32 max_bytes;
  char file_name[ST_UNIX_NAME_LEN]; /* in that folder; its end is zeroes */
  struct st_glob glob;
};

/* In .bss: what may have been missed. */
struct st_dump_unseen {
  __u64 datagrams; /* no room to keep a call whose other end could still have matched */
};

#ifdef __cplusplus
#define ST_ASSERT static_assert
#else
#define ST_ASSERT _Static_assert
#endif
ST_ASSERT(sizeof(struct st_piece) == 32, "st_piece");
ST_ASSERT(sizeof(struct st_message) == 32 + 8 * 8 + 8 * 4 + 8 + ST_COMM_LEN + 2 * ST_UNIX_NAME_LEN,
          "st_message");
ST_ASSERT(sizeof(struct st_closing) == 32 + 8, "st_closing");
ST_ASSERT(sizeof(struct st_glob) == 4096 + 16 + 8, "st_glob");
ST_ASSERT(sizeof(struct st_dump_config) == 44 + ST_UNIX_NAME_LEN + sizeof(struct st_glob),
          "st_dump_config");
#undef ST_ASSERT

#endif
