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

#include "bpf/identity.h"
#include "bpf/context.h"
#include "bpf/emit.h"

enum verdict {
  ST_NO_MATCH, /* or told: nothing is left to do */
  ST_GENERAL,
  ST_SOCK, /* these two: told, if it turns out to be plain */
  ST_PACKET,
};

/* Where the ports were found: a sock or, without one, an IPv4 header. Ports in host order. */
struct found {
  const void *at; /* the sock or the header; NULL: no header */
  __u16 local_port, remote_port;
};
#define PORTS(f) ((__u32)(f)->local_port << 16 | (f)->remote_port)

static __always_inline bool ports_pass(const struct found *f) {
  return !st_config.port_count || ports_match(f->local_port, f->remote_port);
}

/* Without a port there is nothing that a filter of ports could match. */
static __always_inline enum verdict no_ports(void) {
  return st_config.port_count ? ST_NO_MATCH : ST_GENERAL;
}

static __always_inline enum verdict sift_sock(struct found *f, __u32 kind) {
  union {
    __u32 both;
    struct {
      __be16 remote;
      __u16 local;
    };
  } ports = {.both = DIRECT(sock_common, f->at)->skc_portpair};

  if (kind == ST_KIND_SK_BUFF && !ports.remote) /* unconnected: the packet decides */
    return ST_GENERAL;
  f->local_port = ports.local;
  f->remote_port = bpf_ntohs(ports.remote);
  return ports_pass(f) ? ST_SOCK : ST_NO_MATCH;
}

/* Inside an array of bytes, which struct in6_addr is one of, the verifier allows loads of any
 * width. */
#define HEADER_WORD(header, n) (((const __u64 *)DIRECT(in6_addr, (header) + (n)*8))[0])

/* The third word also where it is no ports: such a packet passes no filter, or is looked at again.
 */
static __always_inline enum verdict sift_packet(struct found *f, const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  __u16 at = skb->network_header;
  __u64 ports;

  if (!at || at == 0xffff) { /* no header yet */
    f->at = NULL;
    return st_config.port_count ? ST_NO_MATCH : ST_PACKET;
  }
  f->at = (const void *)skb->head + at;
  if ((HEADER_WORD(f->at, 0) & 0xff) != 0x45) return ST_GENERAL;
  ports = HEADER_WORD(f->at, 2) >> 32;
  f->local_port = bpf_ntohs(ports & 0xffff);
  f->remote_port = bpf_ntohs(ports >> 16);
  return ports_pass(f) ? ST_PACKET : ST_NO_MATCH;
}

static __always_inline enum verdict sift(struct found *f, const void *object, __u32 kind) {
  if (!object) return no_ports();
  f->at = object;
  if (kind == ST_KIND_SK_BUFF) {
    f->at = DIRECT(sk_buff, object)->sk;
    if (!is_kernel_pointer(f->at)) return sift_packet(f, object);
  } else if (kind == ST_KIND_SOCKET) {
    f->at = DIRECT(socket, object)->sk;
    if (!f->at) return no_ports();
  }
  return sift_sock(f, kind);
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
  __u64 *words = (void *)&p->packet;

  if (!header) return true;
  words[0] = HEADER_WORD(header, 0);
  words[1] = HEADER_WORD(header, 1);
  words[2] = HEADER_WORD(header, 2);
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

/* A function of its own, as is the general way: else a rejected hit pays for the registers and the
 * stack of both. `at` is the sock or the header (NULL: none yet); ports: local above, remote below.
 * ST_GENERAL: nothing was told yet. */
static __noinline int tell_if_plain(const void *object, const void *at, bool is_sock, __u32 ports,
                                    __u64 cookie) {
  struct plain plain = {};
  struct st_event task = {};
  struct st_stats *counters;
  struct st_event *e;

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
  e->func = ST_COOKIE_FUNC(cookie);
  e->cpu = bpf_get_smp_processor_id();
  e->tgid = task.tgid;
  e->tid = task.tid;
  e->family = plain.family;
  e->protocol = plain.protocol;
  e->kind = ST_COOKIE_KIND(cookie);
  e->local_port = ports >> 16;
  e->remote_port = ports;
  if (is_sock)
    tell_sock(e, at);
  else
    tell_packet(e, &plain.packet, object);
  read_comm(e->comm);
  submit(e, sizeof(*e), counters);
  return ST_NO_MATCH;
}

#endif
