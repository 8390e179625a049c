/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs behind the probes of functions, in every object that has some. What a hit means is
 * for the file to say that includes this one, before it does:
 *
 *   static __always_inline int hit(void *ctx, const void *object, const void *packet, __u64 cookie,
 *                                  __u64 ip, bool context);
 *
 * and for kprobe-multi, where kernel structs may be read by plain loads (6.2+), the whole program;
 * the context is known there:
 *
 *   static __always_inline int direct_hit(struct pt_regs *ctx);
 *
 * One program behind every probe where probes have cookies (5.15+), else one small program for each
 * cookie but for the function, which names its kind, its argument and the sk_buff beside that. User
 * space knows them by name: src/attach/programs.cc.
 */
#ifndef SOCKETRACE_BPF_FUNCTIONS_H
#define SOCKETRACE_BPF_FUNCTIONS_H

#include "bpf/verdict/cookie.h"

/* ---- with cookies -------------------------------------------------------------------------- */

/* On x86 a kprobe sees the address behind its int3, also when ftrace stands in for the int3. */
#ifdef __TARGET_ARCH_x86
#define PROBE_IP(ctx) (PT_REGS_IP(ctx) - 1)
#else
#define PROBE_IP(ctx) PT_REGS_IP(ctx)
#endif

/* Functions of their own, for one object has seventy programs that end here. */
static __noinline int hit_by_cookie(struct pt_regs *ctx, __u64 cookie, __u64 ip) {
  return hit(ctx, argument(ctx, cookie), packet_argument(ctx, cookie), cookie, ip, false);
}
static __noinline int hit_in_context(struct pt_regs *ctx, __u64 cookie, __u64 ip) {
  return hit(ctx, argument(ctx, cookie), packet_argument(ctx, cookie), cookie, ip, true);
}

SEC("?kprobe.multi") int st_multi(struct pt_regs *ctx) {
  return hit_by_cookie(ctx, multi_cookie(ctx), 0);
}
SEC("?kprobe.multi") int st_multi_context(struct pt_regs *ctx) {
  return hit_in_context(ctx, multi_cookie(ctx), 0);
}
SEC("?kprobe.multi") int st_multi_direct(struct pt_regs *ctx) {
  return direct_hit(ctx);
}
/* Many probes of one event share its cookie: there the address tells the function. */
SEC("?kprobe") int st_kprobe_cookie(struct pt_regs *ctx) {
  return hit_by_cookie(ctx, bpf_get_attach_cookie(ctx), PROBE_IP(ctx));
}
SEC("?kprobe") int st_kprobe_cookie_context(struct pt_regs *ctx) {
  return hit_in_context(ctx, bpf_get_attach_cookie(ctx), PROBE_IP(ctx));
}

/* ---- without: 5.8 to 5.14 ------------------------------------------------------------------ */

#define PLAIN(name, kind, n, packet)                                                       \
  SEC("?kprobe") int st_##name##_##n##_##packet(struct pt_regs *ctx) {                     \
    return hit_by_cookie(ctx, ST_COOKIE(ST_FUNC_UNKNOWN, kind, n, packet), PROBE_IP(ctx)); \
  }
#define PLAIN_BESIDE(name, kind, n, p, q, r, s) \
  PLAIN(name, kind, n, 0)                       \
  PLAIN(name, kind, n, p)                       \
  PLAIN(name, kind, n, q) PLAIN(name, kind, n, r) PLAIN(name, kind, n, s)
#define PLAIN_KIND(name, kind)            \
  PLAIN_BESIDE(name, kind, 1, 2, 3, 4, 5) \
  PLAIN_BESIDE(name, kind, 2, 1, 3, 4, 5) \
  PLAIN_BESIDE(name, kind, 3, 1, 2, 4, 5) \
  PLAIN_BESIDE(name, kind, 4, 1, 2, 3, 5) PLAIN_BESIDE(name, kind, 5, 1, 2, 3, 4)

PLAIN_KIND(sock, ST_KIND_SOCK)
PLAIN_KIND(socket, ST_KIND_SOCKET)
PLAIN(skb, ST_KIND_SK_BUFF, 1, 0)
PLAIN(skb, ST_KIND_SK_BUFF, 2, 0)
PLAIN(skb, ST_KIND_SK_BUFF, 3, 0)
PLAIN(skb, ST_KIND_SK_BUFF, 4, 0)
PLAIN(skb, ST_KIND_SK_BUFF, 5, 0)

#endif
