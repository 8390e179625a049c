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
#include "bpf/identity/identity.h"
#include "bpf/kernel/context.h"
#include "bpf/tell/emit.h"

enum verdict {
  ST_NO_MATCH, /* or told: nothing is left to do */
  ST_GENERAL,
  ST_SOCK, /* these two: told, if it turns out to be plain */
  ST_PACKET,
};

/* The hit, in the frame of its program and passed by its address. Volatile because what a register
 * keeps across a call, be it a rare one, or one that is a single instruction in the end, costs
 * every hit the saving and restoring of that register. Of the 512 bytes the general way leaves 32.
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

/* ---- what passed: is it plain? -------------------------------------------------------------- */

/* What a line shows of it; what --output-sock-common adds goes the general way. */
struct plain {
  __u16 family, protocol;
  struct ipv4_packet packet; /* of a header */
};

static __always_inline bool is_plain_protocol(__u32 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

static __always_inline bool is_plain_sock(struct plain *p, const void *sk) {
  const struct sock_common *c = DIRECT(sock_common, sk);
  const struct sock *full = DIRECT(sock, sk);
  __u32 state = c->skc_state;

  p->family = c->skc_family;
  if ((p->family != AF_INET && p->family != AF_INET6) || state == TCP_NEW_SYN_RECV ||
      state == TCP_TIME_WAIT)
    return false;
  p->protocol = full->sk_protocol;
  return is_plain_protocol(p->protocol) &&
         full->sk_type != SOCK_RAW; /* its skc_num is the protocol */
}

static __always_inline bool is_plain_packet(struct plain *p, const void *header,
                                            const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  const struct subject s = {.direct = true};

  if (!header) return true;
  copy_ipv4(&p->packet, &s, header);
  p->family = AF_INET;
  p->protocol = p->packet.protocol;
  return is_plain_protocol(p->protocol) && !(p->packet.fragment & bpf_htons(0x1fff)) &&
         skb->protocol == bpf_htons(ETH_P_IP);
}

/* ---- told ----------------------------------------------------------------------------------- */

static __always_inline void tell_sock(struct st_event *e, const void *sk) {
  struct subject s = {.sk = sk, .common = DIRECT(sock_common, sk), .direct = true};
  union {
    __u64 both;
    struct {
      __be32 remote, local;
    };
  } ipv4;

  e->sock = (__u64)(unsigned long)sk;
  if (e->family == AF_INET) {
    ipv4.both = s.common->skc_addrpair;
    __builtin_memcpy(e->local.bytes, &ipv4.local, 4);
    __builtin_memcpy(e->remote.bytes, &ipv4.remote, 4);
  } else {
    e->ifindex = s.common->skc_bound_dev_if; /* the scope of a link-local address */
    read_ipv6_ends(e, &s);
  }
  read_netns(e, &s);
}

static __always_inline void tell_packet(struct st_event *e, const struct ipv4_packet *p,
                                        const void *skb) {
  const struct subject s = {.skb = skb, .direct = true};

  __builtin_memcpy(e->local.bytes, &p->source, 4);
  __builtin_memcpy(e->remote.bytes, &p->destination, 4);
  read_device(e, &s);
}

/* The helper costs 190 instructions, most of them for the zeroes behind the name. */
static __always_inline void read_comm(char *comm) {
  const struct task_struct *task = bpf_get_current_task_btf();
  const __u64 *from = (const void *)task->comm;
  __u64 *to = (void *)comm;

  to[0] = from[0];
  to[1] = from[1];
}

/* Most hits do not get here: only now, are any wanted at all? */
static __always_inline bool is_wanted(void) {
  return st_state.enabled && !limit_reached();
}

/* A function of its own, as is the general way: else a rejected hit pays for the registers and the
 * stack of both. `at` and `ports` are of struct found. ST_GENERAL: nothing was told yet. */
static __noinline int tell_if_plain(const struct hit *h, const void *at, bool is_sock,
                                    __u32 ports) {
  const void *object = h->object;
  struct plain plain = {};
  struct st_event task = {};
  struct st_stats *counters;
  struct st_event *e;

  if (!is_wanted()) return ST_NO_MATCH;
  if (!(is_sock ? is_plain_sock(&plain, at) : is_plain_packet(&plain, at, object)))
    return ST_GENERAL;
  if (filters_by_task())
    read_task(&task);
  else if (!match_ids_in(&task, true))
    return ST_NO_MATCH;
  counters = this_cpu_stats();
  if (!counters) return ST_NO_MATCH;
  e = reserve(sizeof(*e), counters);
  if (!e) return ST_NO_MATCH;
  __builtin_memset(e, 0, sizeof(*e));
  e->length = sizeof(*e);
  e->flags = context_flags() | (is_sock ? 0 : at ? ST_HIT_FROM_HEADERS : ST_HIT_FRESH);
  e->time_ns = bpf_ktime_get_ns();
  e->object = (__u64)(unsigned long)object;
  e->func = ST_COOKIE_FUNC(h->cookie);
  e->cpu = bpf_get_smp_processor_id();
  e->tgid = task.tgid;
  e->tid = task.tid;
  e->family = plain.family;
  e->protocol = plain.protocol;
  e->kind = ST_COOKIE_KIND(h->cookie);
  e->local_port = local_port(ports, is_sock) >> 16;
  e->remote_port = remote_port(ports, is_sock) >> 16;
  if (is_sock)
    tell_sock(e, at);
  else
    tell_packet(e, &plain.packet, object);
  read_comm(e->comm);
  submit(e, sizeof(*e), counters);
  return ST_NO_MATCH;
}

#endif
