/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `socketrace count`: what bpf/count.bpf.c and user space agree on, as event.h. Every number lies
 * in a per-CPU map and only grows: user space sums over CPUs and takes differences. */
#ifndef SOCKETRACE_BPF_COUNT_H
#define SOCKETRACE_BPF_COUNT_H

#include "bpf/contract/event.h"

/* Different keys that are kept; what comes after is counted as lost. */
#define ST_COUNT_KEYS 10240

/* What accepts and connects are told apart by. */
enum st_count_by {
  ST_BY_FAMILY = 0,
  ST_BY_PROTOCOL = 1,
  ST_BY_COMM = 2,
  ST_BY_PID = 3,
  ST_BY_PORT = 4,
  ST_BY_ADDR = 5,
};

/* const volatile in .rodata, as st_config */
struct st_count_config {
  __u32 by;           /* enum st_count_by */
  __u32 by_operation; /* count operations, not keys */
};

enum st_outcome {
  ST_ACCEPTED = 0,
  ST_ACCEPT_FAILED = 1,
  ST_CONNECTED = 2,
  ST_CONNECT_FAILED = 3,
  ST_CONNECT_STARTED = 4, /* EINPROGRESS: decided later */
  ST_OUTCOME_COUNT = 5,
};

#define ST_PROVIDER_LEN 32 /* struct proto.name */

/* Fields that `by` does not ask for are 0. */
struct st_count_key {
  char comm[ST_COMM_LEN];
  __u32 tgid;
  __u16 family;
  __u16 protocol;
  __u16 port;               /* host order: the remote one of a connect, the own one of an accept */
  __u16 name_length;        /* AF_UNIX: bytes in name; 0: unnamed */
  __u32 unnamed;            /* 1: there is no address and no port: the call named none */
  union st_address address; /* the remote end */
  char provider[ST_PROVIDER_LEN];
  char name[ST_UNIX_NAME_LEN + 4]; /* AF_UNIX: where was connected to, or what was listened at */
};

/* Value of the map by key. */
struct st_outcomes {
  __u64 count[ST_OUTCOME_COUNT];
};

enum st_operation {
  ST_OP_ACCEPT = 0,
  ST_OP_CONNECT = 1,
  ST_OP_BIND = 2,
  ST_OP_SOCKET = 3,
  ST_OP_SEND = 4,
  ST_OP_RECEIVE = 5,
  ST_OP_COUNT = 6,
};

/* Value of the map by operation. */
struct st_operations {
  __u64 calls;
  __u64 errors; /* of these */
  __u64 bytes;  /* that the others sent or received; peeking receives none */
};

#ifdef __cplusplus
#define ST_ASSERT static_assert
#else
#define ST_ASSERT _Static_assert
#endif
ST_ASSERT(sizeof(struct st_count_key) == 192, "st_count_key");
ST_ASSERT(__builtin_offsetof(struct st_count_key, address) == 32, "st_count_key.address");
ST_ASSERT(sizeof(struct st_outcomes) == 40, "st_outcomes");
ST_ASSERT(sizeof(struct st_operations) == 24, "st_operations");
#undef ST_ASSERT

#endif
