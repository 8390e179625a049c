/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cookie of a kprobe-multi hit. The kernel finds it by binary search among all the link's
 * addresses, which for 1500 functions is 310 instructions, more than all the rest of a rejected
 * hit: here the answers of each function are kept.
 */
#ifndef SOCKETRACE_BPF_COOKIE_H
#define SOCKETRACE_BPF_COOKIE_H

#include "bpf/event.h"
#include "bpf/kernel.h"

/* Direct mapped. A slot holds 40 bits of the address and 24 of the cookie (65536 functions) in one
 * word, so that no CPU ever sees half of another's. Kernel and modules lie within 2^40 bytes. */
#define ST_SLOT_BITS 16 /* of 2700 functions one in fifty shares its slot */
#define ST_COOKIE_BITS 24
volatile __u64 st_cookies[1 << ST_SLOT_BITS] = {};

static __always_inline __u64 multi_cookie(void *ctx) {
  __u64 ip = bpf_get_func_ip(ctx), tag = ip << ST_COOKIE_BITS;
  __u32 index = (ip * 0x9e3779b97f4a7c15ull) >> (64 - ST_SLOT_BITS);
  __u64 cookie = st_cookies[index] ^ tag;

  if (!(cookie >> ST_COOKIE_BITS)) return cookie; /* the slot is of this address */
  cookie = bpf_get_attach_cookie(ctx);
  if (!(cookie >> ST_COOKIE_BITS)) st_cookies[index] = tag | cookie;
  return cookie;
}

#endif
