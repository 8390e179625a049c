/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cookie of a probe, and the argument that it tells.
 *
 * For a kprobe-multi hit the kernel finds the cookie by binary search among all the link's
 * addresses, which for 1500 functions is 310 instructions, as much as all the rest of a rejected
 * hit: here the answers of each function are kept.
 */
#ifndef SOCKETRACE_BPF_COOKIE_H
#define SOCKETRACE_BPF_COOKIE_H

#include "bpf/contract/event.h"
#include "bpf/kernel/kernel.h"

/* Direct mapped. A slot holds 40 bits of the address and the cookie in one word, so that no CPU
 * ever sees half of another's. Kernel and modules lie within 2^40 bytes. */
#define ST_SLOT_BITS 16 /* of 2700 functions one in fifty shares its slot */
volatile __u64 st_cookies[1 << ST_SLOT_BITS] = {};

static __always_inline volatile __u64 *cookie_slot(__u64 ip) {
  return &st_cookies[(__u32)((ip * 0x9e3779b97f4a7c15ull) >> (64 - ST_SLOT_BITS))];
}

/* `ip`: PT_REGS_IP of the hit. Anything but a cookie if the slot is of another function. */
static __always_inline __u64 kept_cookie(__u64 ip) {
  return *cookie_slot(ip) ^ ip << ST_COOKIE_BITS;
}
static __always_inline bool is_cookie(__u64 word) {
  return !(word >> ST_COOKIE_BITS);
}

/* Asks the kernel. What PT_REGS_IP is depends on architecture and version, and asking for the
 * function's address is a call: it is only taken for the function's name if it lies in the first 16
 * bytes, for no two functions that can be traced begin within so few. */
static __always_inline __u64 ask_cookie(void *ctx) {
  __u64 cookie = bpf_get_attach_cookie(ctx), ip = PT_REGS_IP((struct pt_regs *)ctx);

  if (is_cookie(cookie) && ip - bpf_get_func_ip(ctx) < 16)
    *cookie_slot(ip) = ip << ST_COOKIE_BITS | cookie;
  return cookie;
}

static __always_inline __u64 multi_cookie(struct pt_regs *ctx) {
  __u64 cookie = kept_cookie(PT_REGS_IP(ctx));

  return is_cookie(cookie) ? cookie : ask_cookie(ctx);
}

/* The statements differ, for clang would else choose the offset first and then load, which the
 * verifier refuses up to 6.12 ("dereference of modified ctx ptr"). */
#define ARGUMENT(ctx, n)                          \
  ({                                              \
    __u64 value = PT_REGS_PARM##n(ctx);           \
    asm volatile("# argument " #n : "+r"(value)); \
    (const void *)value;                          \
  })

/* The argument of a cookie that is known to be of that kind. */
static __always_inline const void *argument_of(struct pt_regs *ctx, __u64 cookie, __u32 kind) {
  if (cookie < ST_COOKIE(0, kind, 2, 0)) return ARGUMENT(ctx, 1);
  if (cookie < ST_COOKIE(0, kind, 3, 0)) return ARGUMENT(ctx, 2);
  if (cookie < ST_COOKIE(0, kind, 4, 0)) return ARGUMENT(ctx, 3);
  if (cookie < ST_COOKIE(0, kind, 5, 0)) return ARGUMENT(ctx, 4);
  return ARGUMENT(ctx, 5);
}
/* Of any kind. */
static __always_inline const void *argument(struct pt_regs *ctx, __u64 cookie) {
  return argument_of(ctx, cookie & (ST_COOKIE(0, 1, 1, 0) - 1), 0);
}
/* The sk_buff beside it, or NULL: as if it were the argument of a cookie. */
static __always_inline const void *packet_argument(struct pt_regs *ctx, __u64 cookie) {
  __u64 packet = ST_COOKIE_PACKET(cookie);

  return packet ? argument_of(ctx, (packet - 1) << 19, 0) : NULL;
}

#endif
