/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two ways to read a kernel struct. bpf_probe_read_kernel is a call of 60 to 100 instructions
 * whatever the size. A plain load through bpf_rdonly_cast (6.2+) is 7: the JIT looks whether the
 * address is the kernel's, and a fault reads as 0. Where the kernel has no such function only the
 * programs that ask for it, st_*_direct, do not load.
 */
#ifndef SOCKETRACE_BPF_READ_H
#define SOCKETRACE_BPF_READ_H

#include "bpf/kernel/kernel.h"

extern void *bpf_rdonly_cast(const void *object, __u32 type_id) __ksym __weak;

struct scene; /* bpf/identity/ends.h */

/* What the arguments lead to: a sock, an sk_buff, both, or nothing. The verifier must see neither
 * way of reading in a program of the other: `direct` is a constant once all is inlined, as long as
 * no helper gets the address of a subject. */
struct subject {
  const struct sock *sk;
  const struct sk_buff *skb;
  const struct net *net; /* sk's: read_rest */
  struct scene *scene;   /* where the packet's ends are; NULL: this program never has a packet */
  __u64 header;          /* its IP header, and how far behind it the carried header begins */
  __u32 header_bytes;    /* 0: no sk_buff, or it has no IP header */
  bool direct;
  bool ipv6only; /* sk's, these two: read_head */
  bool reuseport;
  bool has_rest; /* read_rest was here, and the ends may have been replaced since */
  bool inner;    /* the sock's ends are those of the packet inside a tunnel's */
};

#define DIRECT(type, p) \
  ((const struct type *)bpf_rdonly_cast(p, bpf_core_type_id_kernel(struct type)))

/* Inside an array of bytes the verifier allows loads of any width: what has no type of its own is
 * looked at as if it were a kernel struct that begins with one, of 65 bytes. */
#define BYTES(p) ((const __u8 *)DIRECT(new_utsname, p))
#define WORD(bytes, type, offset) (*(const type *)((bytes) + (offset)))

/* The verifier forgets what it knows of a value: st_nothing is 0, but to it any number. Else it
 * follows all that comes behind once for every state that it got there in, each with other flags,
 * families and protocols: full lists took 640 000 instructions on 5.10, and 840 000 as clang 19
 * compiled them. */
volatile __u64 st_nothing = 0;
#define FORGET(value) ((value) |= st_nothing)

/* ((struct type *)p)->field */
#define GET(s, type, p, field)                                                    \
  ({                                                                              \
    const struct type *get_from = (const void *)(p);                              \
    (s)->direct ? DIRECT(type, get_from)->field : BPF_CORE_READ(get_from, field); \
  })

#endif
