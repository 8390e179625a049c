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
  struct ipv4_header header; /* of the packet ... */
  __u32 ports;               /* ... and what follows it: source and destination, network order */
  const struct net *net;     /* of a sock, with the next */
  union {
    __u64 both;
    struct {
      __be32 remote, local;
    };
  } ends; /* IPv4 */
};

static __always_inline bool is_plain_protocol(__u32 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* Each of these two: two fields by one load, where the kernel keeps them so. The first in the
 * lowest 16 bits, the second in those from 16 on. */
static __always_inline __u32 family_and_state(const struct sock_common *c) {
  __u32 from = bpf_core_field_offset(struct sock_common, skc_family);

  if (bpf_htonl(1) != 1 && bpf_core_field_offset(struct sock_common, skc_state) == from + 2)
    return WORD(BYTES((const void *)c + from), __u32, 0) & 0xffffff;
  return (__u32)c->skc_state << 16 | c->skc_family;
}
static __always_inline __u32 type_and_protocol(const struct sock *sk) {
  __u32 from = bpf_core_field_offset(struct sock, sk_type);

  if (bpf_htonl(1) != 1 && bpf_core_field_offset(struct sock, sk_protocol) == from + 2)
    return WORD(BYTES((const void *)sk + from), __u32, 0);
  return (__u32)sk->sk_protocol << 16 | sk->sk_type;
}

static __always_inline bool is_plain_sock(struct plain *p, const void *sk) {
  const struct sock_common *c = DIRECT(sock_common, sk);
  __u32 marks = family_and_state(c), state = marks >> 16;

  p->family = marks;
  if ((p->family != AF_INET && p->family != AF_INET6) || state == TCP_NEW_SYN_RECV ||
      state == TCP_TIME_WAIT)
    return false;
  marks = type_and_protocol(DIRECT(sock, sk));
  p->protocol = marks >> 16;
  p->net = net_of(c);
  if (p->family == AF_INET) p->ends.both = c->skc_addrpair;
  return is_plain_protocol(p->protocol) &&
         (__u16)marks != SOCK_RAW; /* its skc_num is the protocol */
}

/* A fault reads as 0, which is no version. */
static __always_inline void read_plain_header(struct plain *p, const void *header) {
  const __u8 *bytes = BYTES(header);
  __u64 words[3] = {WORD(bytes, __u64, 0), WORD(bytes, __u64, 8), WORD(bytes, __u64, 16)};

  __builtin_memcpy(&p->header, words, sizeof(p->header));
  p->ports = bpf_htonl(1) == 1 ? words[2] : words[2] >> 32;
}

/* Is it the sock's own packet, of the connection and in its namespace, or not one of IP yet? */
static __always_inline bool is_own_packet(struct plain *p, __u32 ports, const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  __u64 marks = header_marks(object);
  __u32 header_at = MARKED_HEADER(marks), sent;
  const void *dev = skb->dev;

  if (is_kernel_pointer(dev) && bpf_core_field_exists(possible_net_t, net) &&
      DIRECT(net_device, dev)->nd_net.net != p->net)
    return false; /* or no device: that takes a closer look */
  if (header_at - 1 >= 0xfffe) return true;
  if (p->family != AF_INET || remote_port(ports, true) < 1 << 16 ||
      (MARKED_PROTOCOL(marks) && MARKED_PROTOCOL(marks) != bpf_htons(ETH_P_IP)))
    return false;
  read_plain_header(p, skb->head + header_at);
  if (p->header.version_ihl != 0x45 || p->header.protocol != p->protocol ||
      p->header.fragment & bpf_htons(0x1fff))
    return false;
  sent = ports_sent(ports);
  if (p->header.source == p->ends.local && p->header.destination == p->ends.remote &&
      p->ports == sent)
    return true;
  return p->header.source == p->ends.remote && p->header.destination == p->ends.local &&
         p->ports == (sent << 16 | sent >> 16);
}

static __always_inline bool is_plain_packet(struct plain *p, const void *header,
                                            const void *object) {
  const struct sk_buff *skb = DIRECT(sk_buff, object);
  const __u8 *bytes;

  if (!header) return true;
  read_plain_header(p, header);
  p->family = AF_INET;
  p->protocol = p->header.protocol;
  if (!is_plain_protocol(p->protocol) || p->header.fragment & bpf_htons(0x1fff) ||
      skb->protocol != bpf_htons(ETH_P_IP))
    return false;
  bytes = BYTES(header);
  return p->protocol == IPPROTO_TCP ? WORD(bytes, __u8, 32) >= 0x50
                                    : bpf_ntohs(WORD(bytes, __u16, 24)) >= 8;
}

/* ---- told ----------------------------------------------------------------------------------- */

static __always_inline void tell_sock(struct st_event *e, const struct plain *p, const void *sk) {
  const struct sock_common *c = DIRECT(sock_common, sk);
  const struct subject s = {.net = p->net, .direct = true};

  e->sock = (__u64)(unsigned long)sk;
  if (e->family == AF_INET) {
    __builtin_memcpy(e->local.bytes, &p->ends.local, 4);
    __builtin_memcpy(e->remote.bytes, &p->ends.remote, 4);
  } else {
    e->ifindex = c->skc_bound_dev_if; /* the scope of a link-local address */
    read_ipv6_ends(e, c);
  }
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
  if (is_sock && packet && !is_own_packet(&plain, ports, packet)) return ST_GENERAL;
  if (filters_by_task())
    read_task(&task);
  else if (!match_ids_in(&task, true))
    return ST_NO_MATCH;
  counters = this_cpu_stats();
  if (!counters) return ST_NO_MATCH;
  e = reserve(sizeof(*e), counters);
  if (!e) return ST_NO_MATCH;
  __builtin_memset(e, 0, __builtin_offsetof(struct st_event, comm)); /* read_comm writes the rest */
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
    tell_sock(e, &plain, at);
  else
    tell_packet(e, &plain.header, packet);
  read_comm(e->comm);
  submit(e, sizeof(*e), counters);
  return ST_NO_MATCH;
}

#endif
