/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The plain hit, which is nearly every one: a full TCP or UDP sock, or an IPv4 packet of one of
 * them (or none yet) that has no sock; no filter but pid, uid and port, nothing shown but what a
 * line always has. It is decided from a few loads, and told straight into the ring. Whatever is not
 * plain takes the general way of trace.bpf.c. By direct loads only (6.2+): each is 8 instructions,
 * a probe read is 80.
 *
 * What a hit costs in all: scripts/bench --icount.
 */
#ifndef SOCKETRACE_BPF_QUICK_H
#define SOCKETRACE_BPF_QUICK_H

#include "bpf/verdict/cookie.h"
#include "bpf/verdict/match.h"

enum verdict {
  ST_NO_MATCH, /* or told: nothing is left to do */
  ST_GENERAL,
  ST_SOCK, /* these two: told, if it turns out to be plain */
  ST_PACKET,
};

/* The hit, in the frame of its program and passed by its address. Volatile because what a register
 * keeps across a call, be it a rare one, or one that is a single instruction in the end, costs
 * every hit the saving and restoring of that register. Small: the frames of a call share 512 bytes,
 * and the general way takes most (scripts/frames).
 */
struct hit {
  struct pt_regs *volatile ctx;
  volatile __u64 cookie;
  const void *object;
};

/* Where the ports were found: a sock or, without one, an IPv4 header. */
struct found {
  const void *at; /* the sock or the header; NULL: no header */
  __u32 ports;    /* as they are there: skc_portpair, or the header's two in network order */
};

/* Each in the upper half of a word. skc_portpair is the remote port in network order, then the
 * local one in host order. */
static __always_inline __u32 local_port(__u32 ports, bool of_sock) {
  if (of_sock) return bpf_htonl(1) == 1 ? ports << 16 : ports;
  return bpf_ntohl(ports);
}
static __always_inline __u32 remote_port(__u32 ports, bool of_sock) {
  return bpf_ntohl(of_sock ? ports : bpf_htonl(1) == 1 ? ports << 16 : ports >> 16);
}

/* If no ports are asked for the first rule passes all: so there is nothing to look up before. */
static __always_inline enum verdict sift_ports(__u32 ports, bool of_sock) {
  enum verdict passed = of_sock ? ST_SOCK : ST_PACKET;

  if (port_in_rule(0, local_port(ports, of_sock), remote_port(ports, of_sock))) return passed;
  if (st_config.port_count < 2) return ST_NO_MATCH;
  /* What follows takes the ports apart once more: else every hit pays for the registers. */
  asm volatile("" : "+r"(ports));
  return port_in_more_rules(local_port(ports, of_sock), remote_port(ports, of_sock)) ? passed
                                                                                     : ST_NO_MATCH;
}

/* A NULL, which reads as 0, is not plain either: the general way tells. */
static __always_inline enum verdict sift_sock(struct found *f, const struct sock *sk) {
  f->at = sk;
  f->ports = sk->__sk_common.skc_portpair;
  return sift_ports(f->ports, true);
}

/* The ports also where there are none: such a packet passes no filter, or is looked at again. */
static __always_inline enum verdict sift_packet(struct found *f, const struct sk_buff *skb) {
  __u32 at = skb->network_header;
  const __u8 *header;

  if (at - 1 >= 0xfffe) { /* 0 or 0xffff: no header yet */
    f->at = NULL;
    if (st_config.port_count) return ST_NO_MATCH; /* nothing that could match */
    return skb ? ST_PACKET : ST_GENERAL;
  }
  header = BYTES(skb->head + at);
  f->at = header;
  if (WORD(header, __u8, 0) != 0x45) return ST_GENERAL;
  f->ports = WORD(header, __u32, 20);
  return sift_ports(f->ports, false);
}

static __always_inline enum verdict sift_sk_buff(struct found *f, const struct sk_buff *skb) {
  const struct sock *sk = skb->sk;

  if (!is_kernel_pointer(sk)) return sift_packet(f, skb);
  f->at = sk;
  f->ports = sk->__sk_common.skc_portpair;
  if (remote_port(f->ports, true) < 1 << 16)
    return ST_GENERAL; /* unconnected: the packet decides */
  return sift_ports(f->ports, true);
}

static __always_inline enum verdict sift(struct found *f, const void *object, __u32 kind) {
  if (kind == ST_KIND_SK_BUFF) return sift_sk_buff(f, DIRECT(sk_buff, object));
  if (kind == ST_KIND_SOCKET) return sift_sock(f, DIRECT(socket, object)->sk);
  return sift_sock(f, DIRECT(sock, object));
}

#endif
