/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * struct sock * and struct socket * -> one socket identity in st_event.
 *
 * Read in steps, so that a filter pays only for what it needs: read_head (everything most filters
 * ask for, one probe read of 24 bytes), then read_protocol, read_mark, read_rest, read_netns, each
 * once per hit, either because a filter wants it (match.h) or because the hit is sent (identity.h).
 *
 * A probe read costs about the same for 4 bytes and for 100 (the helper call dominates), hence
 * stretches of sock_common are copied and then looked at through CO-RE offsets. The copies live no
 * longer than their step: what comes after takes the same place on the stack, which is scarce.
 */
#ifndef SOCKETRACE_BPF_SOCK_H
#define SOCKETRACE_BPF_SOCK_H

#include "bpf/identity/config.h"
#include "bpf/kernel/read.h"

static __always_inline bool is_inet(const struct st_event *e) {
  return e->family == AF_INET || e->family == AF_INET6;
}

static __always_inline bool is_an_end(const union st_address *address, __u16 port) {
  const __u32 *words = (const void *)address->bytes;

  return port || words[0] | words[1] | words[2] | words[3];
}
/* Of IP a sock knows where a connect went that has succeeded, or goes on. After read_rest. */
static __always_inline bool knows_where_it_went(const struct st_event *e, __s64 result) {
  return (!result || result == -EINPROGRESS) && is_inet(e) && is_an_end(&e->remote, e->remote_port);
}

/* One end of an IP sock as it has it now, without the rest of its identity. */
static __always_inline __u16 read_remote_end(union st_address *to, __u16 family,
                                             const struct sock *sk) {
  if (family == AF_INET)
    bpf_core_read(to, 4, &sk->__sk_common.skc_daddr);
  else if (bpf_core_field_exists(struct sock_common, skc_v6_daddr))
    bpf_core_read(to, sizeof(*to), &sk->__sk_common.skc_v6_daddr);
  return bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
}
static __always_inline __u16 read_local_end(union st_address *to, __u16 family,
                                            const struct sock *sk) {
  if (family == AF_INET)
    bpf_core_read(to, 4, &sk->__sk_common.skc_rcv_saddr);
  else if (bpf_core_field_exists(struct sock_common, skc_v6_rcv_saddr))
    bpf_core_read(to, sizeof(*to), &sk->__sk_common.skc_v6_rcv_saddr);
  return BPF_CORE_READ(sk, __sk_common.skc_num);
}

/* request_sock and inet_timewait_sock go by the name of struct sock but end after 200 odd bytes:
 * sk_mark, sk_protocol, sk_socket of them are the neighbour's memory. */
static __always_inline bool is_mini(const struct st_event *e) {
  return e->flags & (ST_HIT_REQUEST | ST_HIT_TIMEWAIT);
}

/* The fields from the start of sock_common to skc_bound_dev_if: the kernel's lookup tables compare
 * them as one block and keep them in front. */
#define HEAD_END FIELD_END(struct sock_common, skc_bound_dev_if)
#define HEAD_BYTES 24

/* On its way to TCP_CLOSE a sock gives its port back first (inet_put_port): skc_num is 0 then, and
 * inet_sport still tells. */
static __always_inline void read_port_given_back(struct st_event *e, const struct subject *s) {
  if (is_mini(e) || e->local_port) return;
  e->local_port = bpf_ntohs(GET(s, inet_sock, s->sk, inet_sport));
}

static __always_inline void read_head(struct st_event *e, struct subject *s) {
  __u8 copy[HEAD_BYTES] __attribute__((aligned(8)));
  const struct sock_common *c = (const void *)copy;

  e->sock = (__u64)(unsigned long)s->sk;
  /* A failed read leaves zeroes, and family 0 reads as a fresh sock. */
  if (s->direct)
    c = DIRECT(sock_common, s->sk);
  else
    bpf_probe_read_kernel(copy, HEAD_END, s->sk);
  e->family = c->skc_family;
  if (!e->family) {
    e->flags |= ST_HIT_FRESH;
    return;
  }
  e->state = c->skc_state;
  e->ifindex = c->skc_bound_dev_if;
  s->reuseport = BPF_CORE_READ_BITFIELD(c, skc_reuseport);
  if (st_config.addr_count) s->ipv6only = BPF_CORE_READ_BITFIELD(c, skc_ipv6only);
  if (!is_inet(e)) return;
  /* Other families use the same numbers for states of their own (BT_CONNECT2 is 6). */
  if (e->state == TCP_NEW_SYN_RECV)
    e->flags |= ST_HIT_REQUEST;
  else if (e->state == TCP_TIME_WAIT)
    e->flags |= ST_HIT_TIMEWAIT;
  e->local_port = c->skc_num;
  e->remote_port = bpf_ntohs(c->skc_dport);
  if (e->family == AF_INET) {
    __builtin_memcpy(e->local.bytes, &c->skc_rcv_saddr, 4);
    __builtin_memcpy(e->remote.bytes, &c->skc_daddr, 4);
  }
  read_port_given_back(e, s);
}

/* Protocol and type. Raw and ping sockets keep their protocol or identifier in skc_num: no port. */
static __always_inline void read_protocol(struct st_event *e, const struct subject *s) {
  if (is_mini(e)) {
    e->protocol = IPPROTO_TCP;
    e->type = SOCK_STREAM;
    return;
  }
  e->type = GET(s, sock, s->sk, sk_type);
  if (s->inner) return;
  e->protocol = GET(s, sock, s->sk, sk_protocol);
  if (is_inet(e) &&
      (e->type == SOCK_RAW || e->protocol == IPPROTO_ICMP || e->protocol == IPPROTO_ICMPV6)) {
    e->flags |= ST_HIT_NO_PORTS;
    e->local_port = 0;
    e->remote_port = 0;
  }
}

static __always_inline void read_mark(struct st_event *e, const struct subject *s) {
  if (e->flags & ST_HIT_REQUEST)
    e->mark = GET(s, inet_request_sock, s->sk, ir_mark);
  else if (e->flags & ST_HIT_TIMEWAIT)
    e->mark = GET(s, inet_timewait_sock, s->sk, tw_mark);
  else
    e->mark = GET(s, sock, s->sk, sk_mark);
}

static __always_inline void read_ipv6_ends(struct st_event *e, const struct sock_common *c) {
  if (!bpf_core_field_exists(struct sock_common, skc_v6_daddr)) return; /* CONFIG_IPV6=n */
  __builtin_memcpy(e->local.bytes, &c->skc_v6_rcv_saddr, 16);
  __builtin_memcpy(e->remote.bytes, &c->skc_v6_daddr, 16);
}

static __always_inline const struct net *net_of(const struct sock_common *c) {
  if (!bpf_core_field_exists(possible_net_t, net)) return NULL;
  return c->skc_net.net;
}

/* The pointer to the namespace, both IPv6 addresses, the cookie: in a row on every kernel. */
#define REST_BEGIN bpf_core_field_offset(struct sock_common, skc_net)
#define REST_END FIELD_END(struct sock_common, skc_cookie)
#define REST_BYTES 48

static __always_inline void read_rest(struct st_event *e, struct subject *s) {
  __u8 copy[REST_BYTES] __attribute__((aligned(8)));
  const struct sock_common *c;
  long before = 0;

  if (s->has_rest) return;
  if (s->direct) {
    c = DIRECT(sock_common, s->sk);
  } else {
    /* The verifier allows no subtraction from a stack pointer, but adding a negative number; and a
     * negation it takes for any number. */
    asm volatile("" : "+r"(before));
    before -= REST_BEGIN;
    asm volatile("" : "+r"(before));
    c = (const void *)copy + before;
    bpf_probe_read_kernel(copy, REST_END - REST_BEGIN, (const void *)s->sk + REST_BEGIN);
  }
  if (e->family == AF_INET6 && !s->inner) read_ipv6_ends(e, c);
  e->sock_cookie = c->skc_cookie.counter;
  if (s->reuseport) e->flags |= ST_HIT_REUSEPORT;
  s->net = net_of(c);
}

/* After read_rest. */
static __always_inline void read_netns(struct st_event *e, const struct subject *s) {
  if (!bpf_core_field_exists(possible_net_t, net)) return;
  e->netns = GET(s, net, s->net, ns.inum);
}

/* For the verifier's sake: what follows is looked at once, not for each way that a socket is read.
 */
static __always_inline void forget_ways(struct st_event *e) {
  FORGET(e->flags);
  FORGET(e->family);
  FORGET(e->state);
}

#endif
