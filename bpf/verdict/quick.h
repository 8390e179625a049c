/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The plain hit, which is nearly every one: a full TCP or UDP sock, alone or with a packet of its
 * own, or an IPv4 packet of one of them (or none yet) that has no sock; no filter but pid, uid and
 * port, nothing shown but what a line always has. It is decided from a few loads, and told straight
 * into the ring. Whatever is not plain takes the general way of trace.bpf.c. By direct loads only
 * (6.2+): each is 8 instructions, a probe read is 80.
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
  const void *packet; /* beside a sock or socket; NULL: there is none */
};

/* Where the ports were found: a sock or, without one, an IPv4 header. */
struct found {
  const void *at;     /* the sock or the header; NULL: no header */
  __u32 ports;        /* as they are there: skc_portpair, or the header's two in network order */
  const void *packet; /* the sk_buff that a sock came with */
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

/* Of a sock: as they are in the header of what it sends. */
static __always_inline __u32 ports_sent(__u32 ports) {
  if (bpf_htonl(1) == 1) return ports << 16 | ports >> 16;
  return ports << 16 | bpf_htons(ports >> 16);
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

/* What sk_buff tells of its headers, by one load where the kernel keeps them so: protocol (network
 * order) in the lowest 16 bits, network_header in those from 32 on. */
static __always_inline __u64 header_marks(const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  __u32 from = bpf_core_field_offset(struct sk_buff, protocol);

  if (bpf_htonl(1) != 1 && bpf_core_field_offset(struct sk_buff, network_header) == from + 4)
    return WORD(BYTES(object + from), __u64, 0);
  return (__u64)skb->network_header << 32 | skb->protocol;
}
#define MARKED_PROTOCOL(marks) ((__be16)(marks))
#define MARKED_HEADER(marks) ((__u32)((marks) >> 32) & 0xffff)

static __always_inline bool is_vlan(__be16 protocol) {
  return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

/* skc_num is 0: unbound, of another family, or it was given back. */
static __always_inline __u32 ports_with_source(const struct sock *sk, __u32 ports) {
  __u32 family = sk->__sk_common.skc_family, source;

  if (family != AF_INET && family != AF_INET6) return ports;
  source = bpf_ntohs(DIRECT(inet_sock, sk)->inet_sport);
  return bpf_htonl(1) == 1 ? ports | source : ports | source << 16;
}
static __always_inline __u32 ports_of(const struct sock *sk) {
  __u32 ports = sk->__sk_common.skc_portpair;

  return local_port(ports, true) < 1 << 16 ? ports_with_source(sk, ports) : ports;
}

/* A NULL, which reads as 0, is not plain either: the general way tells. */
static __always_inline enum verdict sift_sock(struct found *f, const struct sock *sk) {
  f->at = sk;
  f->ports = ports_of(sk);
  return sift_ports(f->ports, true);
}

/* The ports also where there are none: such a packet passes no filter, or is looked at again. */
static __always_inline enum verdict sift_packet(struct found *f, const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  __u64 marks = header_marks(object);
  __u32 at = MARKED_HEADER(marks);
  const __u8 *header;

  if (at - 1 >= 0xfffe) { /* 0 or 0xffff: no header yet */
    f->at = NULL;
    if (st_config.port_count) return ST_NO_MATCH; /* nothing that could match */
    return object ? ST_PACKET : ST_GENERAL;
  }
  header = BYTES(skb->head + at);
  f->at = header;
  if (WORD(header, __u8, 0) != 0x45 || is_vlan(MARKED_PROTOCOL(marks))) return ST_GENERAL;
  f->ports = WORD(header, __u32, 20);
  return sift_ports(f->ports, false);
}

/* The ports of a sock do not pass; those of its packet? Nothing is plain then. */
static __always_inline enum verdict sift_other_ends(const struct found *f, const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  __u64 marks = header_marks(object);
  __u32 at = MARKED_HEADER(marks), version, ports;
  const __u8 *header;

  /* A port of the packet inside a tunnel's is an unconnected sock's. */
  if (remote_port(f->ports, true) < 1 << 16 && BPF_CORE_READ_BITFIELD(skb, encapsulation))
    return ST_GENERAL;
  if (at - 1 >= 0xfffe) return ST_NO_MATCH;
  header = BYTES(skb->head + at);
  version = WORD(header, __u8, 0);
  if (version == 0x45)
    ports = WORD(header, __u32, 20);
  else if (version >> 4 == 6 &&
           (WORD(header, __u8, 6) == IPPROTO_TCP || WORD(header, __u8, 6) == IPPROTO_UDP))
    ports = WORD(header, __u32, 40);
  else
    return version >> 4 == 4 || version >> 4 == 6 || is_vlan(MARKED_PROTOCOL(marks)) ? ST_GENERAL
                                                                                     : ST_NO_MATCH;
  if (is_vlan(MARKED_PROTOCOL(marks))) return ST_GENERAL;
  return sift_ports(ports, false) == ST_NO_MATCH ? ST_NO_MATCH : ST_GENERAL;
}

static __always_inline enum verdict sift_both(struct found *f, const struct sock *sk,
                                              const void *object) {
  f->packet = object;
  if (sift_sock(f, sk) != ST_NO_MATCH) return ST_SOCK;
  return sift_other_ends(f, object);
}

static __always_inline enum verdict sift_sk_buff(struct found *f, const void *object) {
  const struct sock *sk = DIRECT(sk_buff, object)->sk;

  if (!is_kernel_pointer(sk)) return sift_packet(f, object);
  return sift_both(f, DIRECT(sock, sk), object);
}

static __always_inline enum verdict sift(struct found *f, const struct hit *h, __u32 kind) {
  const void *sk = h->object;

  if (kind == ST_KIND_SK_BUFF) return sift_sk_buff(f, h->object);
  if (kind == ST_KIND_SOCKET) sk = DIRECT(socket, h->object)->sk;
  if (!h->packet) return sift_sock(f, DIRECT(sock, sk));
  if (!sk) return sift_sk_buff(f, h->packet);
  return sift_both(f, DIRECT(sock, sk), h->packet);
}

#endif
