/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The plain hit, which is nearly every one: a full TCP or UDP sock, or an IPv4 packet of one of
 * them that has no sock; no filter but task and port, no section beyond the event. It is decided
 * from a few loads, and told straight into the ring. Whatever is not plain takes the general way of
 * trace.bpf.c. By direct loads only (6.2+).
 *
 * 6.12, all instructions of an emitted hit: see scripts/bench --icount.
 */
#ifndef SOCKETRACE_BPF_QUICK_H
#define SOCKETRACE_BPF_QUICK_H

#include "bpf/identity.h"
#include "bpf/context.h"
#include "bpf/emit.h"

enum verdict { ST_GENERAL, ST_NO_MATCH, ST_PLAIN };

struct plain {
  const struct sock_common *common; /* NULL: the packet's header tells */
  struct ipv4_packet packet;
  __u16 local_port, remote_port;
  __u16 family, type, protocol;
};

static __always_inline bool ports_pass(const struct plain *p) {
  return !st_config.port_count || ports_match(p->local_port, p->remote_port);
}

static __always_inline enum verdict look_at_sock(struct plain *p, const void *sk, __u32 kind) {
  const struct sock_common *c = DIRECT(sock_common, sk);
  const struct sock *full = DIRECT(sock, sk);
  union {
    __u32 both;
    struct {
      __be16 remote;
      __u16 local;
    };
  } ports = {.both = c->skc_portpair};

  /* Unconnected: the packet decides. */
  if (kind == ST_KIND_SK_BUFF && !ports.remote) return ST_GENERAL;
  p->local_port = ports.local;
  p->remote_port = bpf_ntohs(ports.remote);
  if (!ports_pass(p)) return ST_NO_MATCH;
  p->family = c->skc_family;
  if (p->family != AF_INET && p->family != AF_INET6) return ST_GENERAL;
  if (c->skc_state == TCP_NEW_SYN_RECV || c->skc_state == TCP_TIME_WAIT) return ST_GENERAL;
  p->protocol = full->sk_protocol;
  if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP) return ST_GENERAL;
  p->type = full->sk_type;
  if (p->type == SOCK_RAW) return ST_GENERAL; /* skc_num is its protocol */
  p->common = c;
  return ST_PLAIN;
}

static __always_inline enum verdict look_at_packet(struct plain *p, const struct subject *s,
                                                   const struct sk_buff *skb) {
  __u16 at = GET(s, sk_buff, skb, network_header);

  if (!at || at == 0xffff) return ST_GENERAL;
  copy_ipv4(&p->packet, s, GET(s, sk_buff, skb, head) + at);
  if (p->packet.version_ihl != 0x45) return ST_GENERAL;
  p->local_port = bpf_ntohs(p->packet.ports[0]);
  p->remote_port = bpf_ntohs(p->packet.ports[1]);
  /* Also right where these bytes are no ports: such a packet passes no filter of ports. */
  if (!ports_pass(p)) return ST_NO_MATCH;
  p->protocol = p->packet.protocol;
  if (p->packet.fragment & bpf_htons(0x1fff) ||
      (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP) ||
      GET(s, sk_buff, skb, protocol) != bpf_htons(ETH_P_IP))
    return ST_GENERAL;
  return ST_PLAIN;
}

static __always_inline enum verdict look(struct plain *p, struct subject *s, const void *object,
                                         __u32 kind) {
  if (!object) return st_config.port_count ? ST_NO_MATCH : ST_GENERAL;
  s->sk = object;
  if (kind == ST_KIND_SOCKET) s->sk = GET(s, socket, object, sk);
  if (kind == ST_KIND_SK_BUFF) s->sk = sock_of_skb(s, object);
  if (s->sk) return look_at_sock(p, s->sk, kind);
  if (kind != ST_KIND_SK_BUFF) return st_config.port_count ? ST_NO_MATCH : ST_GENERAL;
  s->skb = object;
  return look_at_packet(p, s, object);
}

static __always_inline void tell_sock(struct st_event *e, struct subject *s,
                                      const struct plain *p) {
  const struct sock_common *c = p->common;

  e->sock = (__u64)(unsigned long)s->sk;
  e->family = p->family;
  e->type = p->type;
  e->state = c->skc_state;
  e->ifindex = c->skc_bound_dev_if;
  if (p->family == AF_INET) {
    __builtin_memcpy(e->local.bytes, &c->skc_rcv_saddr, 4);
    __builtin_memcpy(e->remote.bytes, &c->skc_daddr, 4);
  }
  s->common = c;
  read_rest(e, s);
  read_netns(e, s);
}

static __always_inline void tell_packet(struct st_event *e, const struct subject *s,
                                        const struct plain *p) {
  e->flags = ST_HIT_FROM_HEADERS;
  e->family = AF_INET;
  __builtin_memcpy(e->local.bytes, &p->packet.source, 4);
  __builtin_memcpy(e->remote.bytes, &p->packet.destination, 4);
  read_device(e, s);
}

/* The helper costs 190 instructions, most of them for the zeroes behind the name. */
static __always_inline void read_comm(char *comm) {
  const struct task_struct *task = bpf_get_current_task_btf();
  const __u64 *from = (const void *)task->comm;
  __u64 *to = (void *)comm;

  to[0] = from[0];
  to[1] = from[1];
}

static __always_inline void emit_plain(struct subject *s, const struct plain *p,
                                       const struct st_event *task, const void *object, __u32 kind,
                                       __u32 func, bool context) {
  struct st_stats *counters = this_cpu_stats();
  struct st_event *e;

  if (!counters) return;
  e = reserve(sizeof(*e), counters);
  if (!e) return;
  __builtin_memset(e, 0, sizeof(*e));
  e->length = sizeof(*e);
  e->time_ns = bpf_ktime_get_ns();
  e->object = (__u64)(unsigned long)object;
  e->func = func;
  e->cpu = bpf_get_smp_processor_id();
  e->kind = kind;
  e->tgid = task->tgid;
  e->tid = task->tid;
  e->protocol = p->protocol;
  e->local_port = p->local_port;
  e->remote_port = p->remote_port;
  if (p->common)
    tell_sock(e, s, p);
  else
    tell_packet(e, s, p);
  if (context) e->flags |= context_flags();
  read_comm(e->comm);
  submit(e, sizeof(*e), counters);
}

#endif
