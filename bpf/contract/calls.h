/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of `socketrace calls`: what bpf/calls.bpf.c and user space agree on, as event.h. */
#ifndef SOCKETRACE_BPF_CALLS_H
#define SOCKETRACE_BPF_CALLS_H

#include "bpf/contract/event.h"

enum st_call {
  ST_CALL_BIND,
  ST_CALL_CONNECT,
  ST_CALL_LISTEN,
  ST_CALL_ACCEPT,
  ST_CALL_ACCEPT4,
  ST_CALL_SENDTO,
  ST_CALL_RECVFROM,
  ST_CALL_SENDMSG,
  ST_CALL_RECVMSG,
  ST_CALL_SENDMMSG,
  ST_CALL_RECVMMSG,
  ST_CALL_CLOSE,
  ST_CALL_STATE, /* no call: inet_sock_set_state */
  ST_CALL_COUNT,
};

#define ST_SOCKADDR_LEN 128 /* sizeof(struct sockaddr_storage): the kernel takes no more */

/* What became of the address that a call was given, or gives back. */
enum st_address_read {
  ST_ADDRESS_NONE = 0, /* this call has none: listen, accept, close, a failed receive */
  ST_ADDRESS_READ = 1,
  ST_ADDRESS_NULL = 2, /* the caller passed NULL or no bytes, or got none */
  ST_ADDRESS_FAULT = 3,
};

/* One system call, or one message of sendmmsg and recvmmsg. The identity in `event` is of the
 * socket behind the descriptor, as of the call's end (close: its beginning); of accept, of the new
 * one. Where the call names a remote end, event.remote is that one; of a connect that succeeded or
 * goes on (EINPROGRESS) it is the socket's, and of a bind that succeeded event.local. */
struct st_call_record {
  struct st_event event; /* func: enum st_call */
  __s64 result;
  __s32 fd;
  __u32 address_length; /* as the caller gave it, or the kernel gave it back */
  __u32 message;        /* from 0 on */
  __u32 messages;       /* sent or received by this one call; 0: not a call of several */
  __u32 message_bytes;
  __u8 address_read;  /* enum st_address_read */
  __u8 address_taken; /* bytes in `address` */
  __u8 pad[2];
  __u8 address[ST_SOCKADDR_LEN];
  struct st_unix unix_names; /* only with ST_SECTION_UNIX, else the record ends before */
};

/* event.state is the new state. */
struct st_state_change {
  struct st_event event; /* func: ST_CALL_STATE */
  __u8 old_state;
  __u8 pad[7];
};

/* ---- configuration ------------------------------------------------------------------------- */
#define ST_MAX_NUMBER 576 /* system calls have lower numbers on all our architectures */

/* Of st_numbers: what a system call's number stands for. */
#define ST_NUMBER_CALL 0x3f   /* enum st_call + 1 of a 64-bit program; 0: not wanted */
#define ST_NUMBER_COMPAT 0x80 /* a socket call of a 32-bit program: counted, not shown */
#define ST_NUMBER_X32 0x40    /* likewise of an x32 program: without bit 30 of its number */

#define ST_MAX_MESSAGES 64 /* of one sendmmsg or recvmmsg that are shown */

/* Written by the programs, in .bss: what was not shown, and why. */
struct st_unseen {
  __u64 compat;     /* calls of 32-bit programs */
  __u64 unfollowed; /* calls too many at once: no room to keep what their end needs */
  __u64 messages;   /* beyond ST_MAX_MESSAGES */
};

#ifdef __cplusplus
#define ST_ASSERT static_assert
#else
#define ST_ASSERT _Static_assert
#endif
ST_ASSERT(sizeof(struct st_call_record) == 136 + 32 + 128 + 240, "st_call_record");
ST_ASSERT(__builtin_offsetof(struct st_call_record, address) == 136 + 32, "address");
ST_ASSERT(__builtin_offsetof(struct st_call_record, unix_names) == 136 + 32 + 128, "unix_names");
ST_ASSERT(sizeof(struct st_state_change) == sizeof(struct st_event) + 8, "st_state_change");
ST_ASSERT(ST_CALL_COUNT <= ST_NUMBER_CALL, "st_numbers");
#undef ST_ASSERT

#endif
