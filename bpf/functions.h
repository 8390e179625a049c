/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs behind the probes of functions, in every object that has some. What a hit means is
 * for the file to say that includes this one, before it does:
 *
 *   static __always_inline int hit(void *ctx, const void *object, __u32 kind, __u32 func, __u64 ip,
 *                                  bool context);
 *
 * and for kprobe-multi, where kernel structs may be read by plain loads (6.2+), the whole program;
 * the context is known there:
 *
 *   static __always_inline int direct_hit(struct pt_regs *ctx);
 *
 * One program behind every probe where probes have cookies (5.15+), else one small program for each
 * kind and position of the argument. User space knows them by name: src/attach/programs.cc.
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

static __always_inline int hit_by_cookie(struct pt_regs *ctx, __u64 cookie, __u64 ip,
                                         bool context) {
  return hit(ctx, argument(ctx, cookie), ST_COOKIE_KIND(cookie), ST_COOKIE_FUNC(cookie), ip,
             context);
}

SEC("?kprobe.multi") int st_multi(struct pt_regs *ctx) {
  return hit_by_cookie(ctx, multi_cookie(ctx), 0, false);
}
SEC("?kprobe.multi") int st_multi_context(struct pt_regs *ctx) {
  return hit_by_cookie(ctx, multi_cookie(ctx), 0, true);
}
SEC("?kprobe.multi") int st_multi_direct(struct pt_regs *ctx) {
  return direct_hit(ctx);
}
/* Many probes of one event share its cookie: there the address tells the function. */
SEC("?kprobe") int st_kprobe_cookie(struct pt_regs *ctx) {
  return hit_by_cookie(ctx, bpf_get_attach_cookie(ctx), PROBE_IP(ctx), false);
}
SEC("?kprobe") int st_kprobe_cookie_context(struct pt_regs *ctx) {
  return hit_by_cookie(ctx, bpf_get_attach_cookie(ctx), PROBE_IP(ctx), true);
}

/* ---- without: 5.8 to 5.14 ------------------------------------------------------------------ */

#define PLAIN(name, kind, n)                                                                  \
  SEC("?kprobe") int st_##name##_##n(struct pt_regs *ctx) {                                   \
    return hit(ctx, (const void *)PT_REGS_PARM##n(ctx), kind, ST_FUNC_UNKNOWN, PROBE_IP(ctx), \
               false);                                                                        \
  }
#define PLAIN_KIND(name, kind) \
  PLAIN(name, kind, 1)         \
  PLAIN(name, kind, 2) PLAIN(name, kind, 3) PLAIN(name, kind, 4) PLAIN(name, kind, 5)

PLAIN_KIND(sock, ST_KIND_SOCK)
PLAIN_KIND(socket, ST_KIND_SOCKET)
PLAIN_KIND(skb, ST_KIND_SK_BUFF)

#endif
