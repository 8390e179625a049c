/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of `socketrace connect`: what bpf/connect.bpf.c and user space agree on, as event.h.
 */
#ifndef SOCKETRACE_BPF_CONNECT_H
#define SOCKETRACE_BPF_CONNECT_H

#include "bpf/contract/event.h"

#define ST_SOCKADDR_LEN 128 /* sizeof(struct sockaddr_storage) */
#define ST_HOST_LEN 256     /* a name of 255 bytes, the most that DNS has, and its NUL */
#define ST_ARGS_LEN 256     /* as much of a command line as is taken */
/* A component of a path starts below this, or is left out. */
#define ST_EXE_ROOM 256
#define ST_TEXT_LEN (ST_EXE_ROOM + 256 + ST_ARGS_LEN + ST_HOST_LEN)
#define ST_ANSWER_LEN 1232 /* the most that a DNS server sends in a packet, by agreement */

/* st_event.func */
enum st_connect_kind {
  ST_CONNECT_ATTEMPT = 0, /* struct st_connect */
  ST_CONNECT_ANSWER = 1,  /* struct st_answer */
};

enum st_connect_flag {
  ST_CONNECT_NO_ADDRESS = 1 << 0,    /* the caller gave NULL */
  ST_CONNECT_FAULT = 1 << 1,         /* the caller's address could not be read */
  ST_CONNECT_ASYNC = 1 << 2,         /* the call returned before the result was there */
  ST_CONNECT_UNFOLLOWED = 1 << 3,    /* `result` is the call's; the final one was not waited for */
  ST_CONNECT_CLOSED = 1 << 4,        /* the socket was closed before there was a result */
  ST_CONNECT_DEFERRED = 1 << 5,      /* the SYN goes with the first data: TCP_FASTOPEN_CONNECT */
  ST_CONNECT_NO_CALL = 1 << 6,       /* not by the connect(2) we trace: io_uring, 32 bits, kernel */
  ST_CONNECT_KERNEL = 1 << 7,        /* the task is a thread of the kernel */
  ST_CONNECT_LATE = 1 << 8,          /* the moment of the result was missed: it was not later */
  ST_CONNECT_EXE_CUT = 1 << 9,       /* the path's beginning is missing */
  ST_CONNECT_ARGS_CUT = 1 << 10,     /* the command line's end is missing */
  ST_CONNECT_HOST_FOREIGN = 1 << 11, /* `host` was asked for by another process */
  ST_CONNECT_ENDS = 1 << 12,         /* event.local and event.remote are the socket's own */
  ST_CONNECT_EXE_DELETED = 1 << 13,  /* the executable has no name any more, or never had one */
  ST_CONNECT_EXE_MEMORY = 1 << 14,   /* it is on no file system: memfd_create(2) */
};

/* Sent as far as `event.length` says: `text` ends with the record. */
struct st_connect {
  struct st_event event; /* of the socket; time and task are those of the call. The remote end is
                          * what the call named, with ST_CONNECT_ENDS what the kernel went to:
                          * another thread may write to `address`, a BPF program may send the call
                          * elsewhere, 0.0.0.0 is the host itself */
  __u64 latency_ns;      /* from the call to its result */
  __u32 uid;             /* effective, as the initial user namespace numbers it */
  __s32 fd;              /* -1: not by a call */
  __s32 result;          /* 0 or -errno */
  __u32 flags;           /* enum st_connect_flag */
  __u32 address_length;  /* as the caller gave it */
  __u16 address_taken;   /* bytes of `address` that are the caller's */
  __u16 exe_length;      /* of `text`: components from the last to the first, each with a NUL */
  __u16 args_length;     /* then: the arguments, each with a NUL */
  __u16 host_length;     /* then: a host name without a NUL */
  __u32 process;         /* tgid of the initial pid namespace, as in struct st_answer */
  __u32 real_uid;        /* of who started the program */
  __u32 mount_ns;        /* whose path `exe` is, by its inode number; 0: of ours */
  __u64 process_start;   /* of `process`: nanoseconds of CLOCK_BOOTTIME, which no later one of that
                            number has */
  __u8 address[ST_SOCKADDR_LEN]; /* a struct sockaddr */
  char text[ST_TEXT_LEN];
};

enum st_answer_flag {
  ST_ANSWER_STREAM = 1 << 0, /* by TCP, where two bytes of length come first, maybe read before */
};

/* What a program received from port 53, not looked at yet. */
struct st_answer {
  struct st_event event; /* length, func, time and cpu only */
  __u64 process_start;   /* as in struct st_connect */
  __u32 process;         /* tgid of the initial pid namespace */
  __u32 whole;           /* bytes that the program received */
  __u32 taken;           /* bytes that follow, at most ST_ANSWER_LEN */
  __u32 flags;           /* enum st_answer_flag */
  __u8 bytes[ST_ANSWER_LEN];
};

/* const volatile in .rodata, beside st_config. */
struct st_connect_config {
  __u32 immediate; /* tell at the call's exit, follow nothing */
  __u32 want_args;
  __u32 want_host;
  __u32 recvfrom, recvmsg, recvmmsg, read; /* the numbers of the calls, for a 64-bit program */
  __u32 mount_ns;                          /* ours */
};

/* One per CPU; user space sums. */
struct st_connect_stats {
  __u64 begun;        /* attempts that passed the filter */
  __u64 ended;        /* of these: told, or not one of --failed; the others are undecided */
  __u64 repeated;     /* further connect(2) on a socket that is connecting or connected already */
  __u64 unseen;       /* no room to remember one more call: not told at all */
  __u64 answers_lost; /* of DNS servers: no room in the ring, not there to be read, too many */
  __u64 names_cut;    /* results of getaddrinfo of which only the first addresses were read */
};

#ifdef __cplusplus
#define ST_ASSERT static_assert
#else
#define ST_ASSERT _Static_assert
#endif
ST_ASSERT(__builtin_offsetof(struct st_connect, latency_ns) == sizeof(struct st_event), "event");
ST_ASSERT(__builtin_offsetof(struct st_connect, address) == sizeof(struct st_event) + 56,
          "address");
ST_ASSERT(__builtin_offsetof(struct st_connect, text) == sizeof(struct st_event) + 184, "text");
ST_ASSERT(sizeof(struct st_connect) <= sizeof(struct st_record), "longer than any record");
ST_ASSERT(sizeof(struct st_answer) == sizeof(struct st_event) + 24 + ST_ANSWER_LEN, "answer");
ST_ASSERT(sizeof(struct st_answer) <= sizeof(struct st_record), "longer than any record");
#undef ST_ASSERT

#endif
