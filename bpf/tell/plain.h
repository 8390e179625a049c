/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What verdict/quick.h let through: if it is plain, it is told straight into the ring. */
#ifndef SOCKETRACE_BPF_PLAIN_H
#define SOCKETRACE_BPF_PLAIN_H

#include "bpf/tell/emit.h"
#include "bpf/verdict/quick.h"

/* ---- what passed: is it plain? -------------------------------------------------------------- */

/* What a line shows of it; what --output-sock-common adds goes the general way. */
struct plain {
  __u16 family, protocol;
  struct ipv4_header packet; /* of a header */
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

/* Is it the sock's own packet, of the connection and in its namespace, or not one of IP yet? */
static __always_inline bool is_own_packet(const struct plain *p, const void *at, __u32 ports,
                                          const void *object) {
  const struct sock_common *c = DIRECT(sock_common, at);
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  __u64 marks = header_marks(object), pair;
  __u32 header_at = MARKED_HEADER(marks), local, remote, header_ports;
  const void *dev = skb->dev;
  const __u8 *header;
  __u64 ends;

  if (is_kernel_pointer(dev) && bpf_core_field_exists(possible_net_t, net) &&
      DIRECT(net_device, dev)->nd_net.net != c->skc_net.net)
    return false; /* or no device: that takes a closer look */
  if (header_at - 1 >= 0xfffe) return true;
  if (p->family != AF_INET || remote_port(ports, true) < 1 << 16 ||
      (MARKED_PROTOCOL(marks) && MARKED_PROTOCOL(marks) != bpf_htons(ETH_P_IP)))
    return false;
  header = BYTES(skb->head + header_at);
  if (WORD(header, __u8, 0) != 0x45 || WORD(header, __u8, 9) != p->protocol ||
      WORD(header, __u16, 6) & bpf_htons(0x1fff))
    return false;
  ends = WORD(header, __u64, 12);
  pair = c->skc_addrpair; /* remote first, as in a packet that is received */
  header_ports = WORD(header, __u32, 20);
  local = local_port(ports, true);
  remote = remote_port(ports, true);
  /* On one address both may hold. */
  if (ends == pair &&
      !(((local_port(header_ports, false) ^ remote) | (remote_port(header_ports, false) ^ local)) >>
        16))
    return true;
  return ends == (pair << 32 | pair >> 32) && !(((local_port(header_ports, false) ^ local) |
                                                 (remote_port(header_ports, false) ^ remote)) >>
                                                16);
}

static __always_inline bool is_plain_packet(struct plain *p, const void *header,
                                            const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  const __u8 *bytes;
  __u64 *to = (void *)&p->packet;

  if (!header) return true;
  bytes = BYTES(header); /* a fault reads as 0, which is no protocol */
  to[0] = WORD(bytes, __u64, 0);
  to[1] = WORD(bytes, __u64, 8);
  p->packet.destination = WORD(bytes, __u32, 16);
  p->family = AF_INET;
  p->protocol = p->packet.protocol;
  if (!is_plain_protocol(p->protocol) || p->packet.fragment & bpf_htons(0x1fff) ||
      skb->protocol != bpf_htons(ETH_P_IP))
    return false;
  return p->protocol == IPPROTO_TCP ? WORD(bytes, __u8, 32) >= 0x50
                                    : bpf_ntohs(WORD(bytes, __u16, 24)) >= 8;
}

/* ---- told ----------------------------------------------------------------------------------- */

static __always_inline void tell_sock(struct st_event *e, const void *sk) {
  const struct sock_common *c = DIRECT(sock_common, sk);
  struct subject s = {.direct = true};
  union {
    __u64 both;
    struct {
      __be32 remote, local;
    };
  } ipv4;

  e->sock = (__u64)(unsigned long)sk;
  if (e->family == AF_INET) {
    ipv4.both = c->skc_addrpair;
    __builtin_memcpy(e->local.bytes, &ipv4.local, 4);
    __builtin_memcpy(e->remote.bytes, &ipv4.remote, 4);
  } else {
    e->ifindex = c->skc_bound_dev_if; /* the scope of a link-local address */
    read_ipv6_ends(e, c);
  }
  s.net = net_of(c);
  read_netns(e, &s);
}

static __always_inline void tell_packet(struct st_event *e, const struct ipv4_header *p,
                                        const void *skb) {
  const struct subject s = {.skb = skb, .direct = true};

  __builtin_memcpy(e->local.bytes, &p->source, 4);
  __builtin_memcpy(e->remote.bytes, &p->destination, 4);
  e->netns = read_device(&s, &e->ifindex);
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
static __noinline int tell_if_plain(const struct hit *h, const void *at, bool is_sock, __u32 ports,
                                    const void *packet) {
  const void *object = h->object;
  struct plain plain = {};
  struct st_event task = {};
  struct st_stats *counters;
  struct st_event *e;

  if (!is_wanted()) return ST_NO_MATCH;
  if (!is_sock) packet = ST_COOKIE_KIND(h->cookie) == ST_KIND_SK_BUFF ? object : h->packet;
  if (!(is_sock ? is_plain_sock(&plain, at) : is_plain_packet(&plain, at, packet)))
    return ST_GENERAL;
  if (is_sock && packet && !is_own_packet(&plain, at, ports, packet)) return ST_GENERAL;
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
    tell_packet(e, &plain.packet, packet);
  read_comm(e->comm);
  submit(e, sizeof(*e), counters);
  return ST_NO_MATCH;
}

#endif
