/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses in the memory of the program that makes a call. */
#ifndef SOCKETRACE_BPF_SOCKADDR_H
#define SOCKETRACE_BPF_SOCKADDR_H

#include "bpf/contract/calls.h"
#include "bpf/kernel/kernel.h"

struct address {
  __u32 length; /* as the caller or the kernel said */
  __u8 read;    /* enum st_address_read */
  __u8 taken;   /* bytes that are there */
  __u8 pad[2];
  __u8 bytes[ST_SOCKADDR_LEN];
} __attribute__((aligned(8)));

/* `room`: how much of it means something, when that is less than its length. */
static __always_inline void read_address(struct address *a, __u64 from, __u32 length, __u32 room) {
  __u64 size = length;

  a->length = length;
  a->taken = 0;
  if (!from || !length) {
    a->read = ST_ADDRESS_NULL;
    return;
  }
  if (size > room) size = room;
  if (size > ST_SOCKADDR_LEN) size = ST_SOCKADDR_LEN;
  /* Up to 6.12 the verifier forgets a bound when the register is spilled: show it once more. */
  asm volatile("" : "+r"(size));
  if (size > ST_SOCKADDR_LEN || bpf_probe_read_user(a->bytes, size, (const void *)from)) {
    a->read = ST_ADDRESS_FAULT;
    return;
  }
  a->read = ST_ADDRESS_READ;
  a->taken = size;
}

/* The layouts of a 64-bit program's struct msghdr and mmsghdr. */
#define MESSAGE_BYTES 64  /* sizeof(struct mmsghdr) */
#define MESSAGE_LENGTH 56 /* offset of msg_len in it */
struct message_name {     /* how struct msghdr begins */
  __u64 name;
  __u32 length;
};

static __always_inline struct message_name read_message_name(__u64 message) {
  struct message_name m = {};

  bpf_probe_read_user(&m, 12, (const void *)message);
  return m;
}

/* struct sockaddr_in and sockaddr_in6 as far as a filter asks. */
struct inet_address {
  __u16 family;
  __be16 port;
  union {
    __u8 in[4];
    struct {
      __u32 flowinfo;
      __u8 in6[16];
    };
  };
};

/* The end that a call names, in place of the one that the socket has: filters and lines are about
 * where this call goes. Of an unconnected socket there is no other. */
static __always_inline void put_named_end(struct st_event *e, const struct address *a,
                                          union st_address *end, __u16 *port) {
  const struct inet_address *named = (const void *)a->bytes;

  if (a->read != ST_ADDRESS_READ || a->taken < 8) return;
  if (e->family == AF_INET && named->family == AF_INET) {
    __builtin_memcpy(end->bytes, named->in, 4);
    *port = bpf_ntohs(named->port);
  } else if (e->family == AF_INET6 && named->family == AF_INET6 && a->taken >= 24) {
    __builtin_memcpy(end->bytes, named->in6, 16);
    *port = bpf_ntohs(named->port);
  } else if (e->family == AF_INET6 && named->family == AF_INET) { /* sendto of a dual-stack one */
    __builtin_memset(end->bytes, 0, 10);
    __builtin_memset(end->bytes + 10, 0xff, 2);
    __builtin_memcpy(end->bytes + 12, named->in, 4);
    *port = bpf_ntohs(named->port);
  }
}

#endif
