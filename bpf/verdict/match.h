/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The configuration in rodata -> does the hit match? All given filters must hold, any value of one.
 * The cheapest test first.
 */
#ifndef SOCKETRACE_BPF_MATCH_H
#define SOCKETRACE_BPF_MATCH_H

#include "bpf/kernel/context.h"
#include "bpf/identity/identity.h"

/* `value` is among the first `count` of st_config.`list`. */
#define IN_LIST(list, max, count, value)             \
  ({                                                 \
    bool found = false;                              \
    for (__u32 i = 0; i < (max) && i < (count); i++) \
      if (st_config.list[i] == (value)) {            \
        found = true;                                \
        break;                                       \
      }                                              \
    found;                                           \
  })

static __always_inline bool comm_matches(const char *comm) {
  for (__u32 i = 0; i < ST_MAX_COMMS && i < st_config.comm_count; i++) {
    const volatile struct st_comm_rule *rule = &st_config.comms[i];
    __u32 length = rule->length, j;

    for (j = 0; j < ST_COMM_LEN && j < length; j++)
      if (rule->text[j] != comm[j]) break;
    if (j == length) return true;
  }
  return false;
}

/* Is the task the first question? Our own one is the last: it has hardly any hits. */
static __always_inline bool filters_by_task(void) {
  return st_config.by_task;
}

/* Our own process never matches. A packet or timer that happens to interrupt us is not of our
 * making, though: such a hit counts, where the program can tell. */
static __always_inline bool is_ours(const struct st_event *e, bool context) {
  if (!st_config.own_tgid || e->tgid != st_config.own_tgid) return false;
  return !context || !(context_flags() & (ST_HIT_SOFTIRQ | ST_HIT_HARDIRQ));
}

/* By numbers only: a name takes a buffer. */
static __always_inline bool match_ids_in(struct st_event *e, bool context) {
  read_task(e);
  if (is_ours(e, context)) return false;
  if (st_config.pid_count && !IN_LIST(pids, ST_MAX_PIDS, st_config.pid_count, e->tgid))
    return false;
  if (st_config.uid_count &&
      !IN_LIST(uids, ST_MAX_UIDS, st_config.uid_count, (__u32)bpf_get_current_uid_gid()))
    return false;
  return true;
}
/* The current task: in softirq whoever was interrupted. `context`: the program knows about that. */
static __always_inline bool match_task_in(struct st_event *e, bool context) {
  if (!match_ids_in(e, context)) return false;
  if (st_config.comm_count) {
    char comm[ST_COMM_LEN] = {}; /* not e's own: as long as no helper gets at e, it is registers */

    bpf_get_current_comm(comm, sizeof(comm));
    __builtin_memcpy(e->comm, comm, sizeof(comm));
    return comm_matches(comm);
  }
  return true;
}
static __always_inline bool match_task(struct st_event *e) {
  return match_task_in(e, false);
}

/* Ports in the upper half of each word: what is below does not matter (struct st_port_rule). */
static __always_inline bool port_in_rule(__u32 i, __u32 local, __u32 remote) {
  __u32 first = st_config.ports[i].first, span = st_config.ports[i].span;

  return remote - first <= span || local - first <= span;
}

/* Than the first, which mostly is the only one. */
static __always_inline bool port_in_more_rules(__u32 local, __u32 remote) {
  for (__u32 i = 1; i < ST_MAX_PORTS && i < st_config.port_count; i++)
    if (port_in_rule(i, local, remote)) return true;
  return false;
}
/* The same, without a branch: the verifier would go on once from each, and what follows is long. */
static __always_inline bool port_in_any_rule(__u32 local, __u32 remote) {
  __u64 inside = 0; /* its uppermost bit, which what is less than 0 has */

  for (__u32 i = 1; i < ST_MAX_PORTS && i < st_config.port_count; i++) {
    __u32 first = st_config.ports[i].first;
    __u64 span = st_config.ports[i].span;

    inside |= (__u64)(remote - first) - span - 1;
    inside |= (__u64)(local - first) - span - 1;
  }
  return inside >> 63;
}
static __always_inline bool ports_match(const struct st_event *e) {
  __u32 local = (__u32)e->local_port << 16, remote = (__u32)e->remote_port << 16;

  return port_in_rule(0, local, remote) || port_in_any_rule(local, remote);
}

static __always_inline bool mark_matches(__u32 mark) {
  for (__u32 i = 0; i < ST_MAX_MARKS && i < st_config.mark_count; i++)
    if ((mark & st_config.marks[i].mask) == st_config.marks[i].value) return true;
  return false;
}

struct ends { /* both addresses in 32-bit words, network order */
  __u32 local[4], remote[4];
};

static __always_inline bool is_any(const __u32 *w) {
  return !(w[0] | w[1] | w[2] | w[3]);
}
static __always_inline bool is_mapped(const __u32 *w) {
  return !(w[0] | w[1]) && w[2] == bpf_htonl(0xffff);
}

/* May this IPv6 identity carry IPv4? Both ends v4-mapped or unspecified (a dual-stack listener),
 * and not IPV6_V6ONLY. Only the IPv6 addresses tell: the kernel puts 127.0.0.6 (LOOPBACK4_IPV6) and
 * the like into skc_rcv_saddr of native IPv6 sockets. */
static __always_inline bool speaks_ipv4(const struct st_event *e, const struct subject *s,
                                        const struct ends *a) {
  if (!(is_mapped(a->local) || is_any(a->local)) || !(is_mapped(a->remote) || is_any(a->remote)))
    return false;
  return from_headers(e) || !s->ipv6only;
}

static __always_inline bool words_match(const volatile struct st_addr_rule *rule, const __u32 *w,
                                        __u32 never) {
  if (((w[0] & rule->mask[0]) ^ rule->addr[0]) | never) return false;
  return (w[1] & rule->mask[1]) == rule->addr[1] && (w[2] & rule->mask[2]) == rule->addr[2] &&
         (w[3] & rule->mask[3]) == rule->addr[3];
}

static __always_inline bool address_matches(struct st_event *e, const struct subject *s) {
  bool ipv4 = e->family == AF_INET, ipv6 = e->family == AF_INET6;
  __u32 local4, remote4; /* the IPv4 words; of :: and of v4-mapped the last one */
  __u32 not4, not6;      /* all ones: rules of that kind do not match */
  struct ends a;

  if (!ipv4 && !ipv6) return false;
  __builtin_memcpy(a.local, e->local.bytes, 16);
  __builtin_memcpy(a.remote, e->remote.bytes, 16);
  local4 = ipv4 ? a.local[0] : a.local[3];
  remote4 = ipv4 ? a.remote[0] : a.remote[3];
  if (ipv6) ipv4 = speaks_ipv4(e, s, &a);
  not4 = (__u32)ipv4 - 1;
  not6 = (__u32)ipv6 - 1;
  /* With 16 rules what follows is the longest part of a program. */
  FORGET(not4);
  FORGET(not6);
  forget_ways(e);
  FORGET(e->protocol);
  FORGET(e->type);

  for (__u32 i = 0; i < ST_MAX_ADDRS && i < st_config.addr_count; i++) {
    const volatile struct st_addr_rule *rule = &st_config.addrs[i];

    if (rule->family == AF_INET) {
      __u32 mask = rule->mask[0], addr = rule->addr[0];

      if (!(((local4 & mask) ^ addr) | not4) || !(((remote4 & mask) ^ addr) | not4)) return true;
    } else if (words_match(rule, a.local, not6) || words_match(rule, a.remote, not6)) {
      return true;
    }
  }
  return false;
}

/* Do the filters ask for anything of the socket? If not, it need not be looked for. */
static __always_inline bool filters_by_subject(void) {
  return st_config.addr_count || st_config.port_count || st_config.protocol_count ||
         st_config.family_count || st_config.mark_count || st_config.netns_count;
}

/* After find_subject. Without a sock or an IP header there is nothing that family, port, protocol
 * and address could match; mark and device of an sk_buff are its own from the start. */
static __always_inline bool match_subject(struct st_event *e, struct subject *s) {
  bool known = !(e->flags & (ST_HIT_NO_OBJECT | ST_HIT_FRESH));

  if ((st_config.family_count || st_config.port_count || st_config.protocol_count ||
       st_config.addr_count) &&
      !known)
    return false;
  if ((st_config.mark_count || st_config.netns_count) && !known && !s->skb) return false;

  if (st_config.family_count &&
      !IN_LIST(families, ST_MAX_FAMILIES, st_config.family_count, e->family))
    return false;
  /* Ports and IP protocols are of AF_INET and AF_INET6: 6 is NETLINK_XFRM to a netlink socket. */
  if (protocol_is_read() && !is_inet(e)) return false;
  if (st_config.port_count && !ports_match(e)) return false;
  if (protocol_is_read() && s->sk) read_protocol(e, s);
  if (st_config.port_count && (e->flags & ST_HIT_NO_PORTS)) return false;
  if (st_config.protocol_count &&
      !IN_LIST(protocols, ST_MAX_PROTOCOLS, st_config.protocol_count, e->protocol))
    return false;
  if (rest_is_read() && s->sk) read_rest(e, s);
  if (st_config.addr_count && !address_matches(e, s)) return false;
  if (st_config.mark_count) {
    if (s->sk)
      read_mark(e, s);
    else
      e->mark = GET(s, sk_buff, s->skb, mark);
    if (!mark_matches(e->mark)) return false;
  }
  if (st_config.netns_count) {
    if (s->sk)
      read_netns(e, s);
    else
      read_device(e, s);
    if (!IN_LIST(netns, ST_MAX_NETNS, st_config.netns_count, e->netns)) return false;
  }
  return true;
}

/* Does a hit with this argument match every filter? The cheapest question first. */
static __always_inline bool match_hit(struct st_event *e, struct subject *s, const void *object,
                                      __u32 kind, bool context) {
  if (filters_by_task() && !match_task_in(e, context)) return false;
  find_subject(e, s, object, kind);
  if (!match_subject(e, s)) return false;
  return filters_by_task() || match_task_in(e, context);
}

/* Everything of a socket that a filter could ask for; `netns`: also if none asks for that. */
static __always_inline void read_for_match(struct st_event *e, struct subject *s, bool netns) {
  if (!s->sk) {
    e->flags |= ST_HIT_NO_OBJECT;
    return;
  }
  read_head(e, s);
  if (e->flags & ST_HIT_FRESH) return;
  read_protocol(e, s);
  read_rest(e, s);
  if (netns || st_config.netns_count) read_netns(e, s);
  if (st_config.mark_count) read_mark(e, s);
}

/* match_subject of an identity that has been read as far as the filters go. */
static __always_inline bool match_read(struct st_event *e, const struct subject *s) {
  forget_ways(e);
  if (st_config.family_count &&
      !IN_LIST(families, ST_MAX_FAMILIES, st_config.family_count, e->family))
    return false;
  if (protocol_is_read() && !is_inet(e)) return false;
  if (st_config.port_count && ((e->flags & ST_HIT_NO_PORTS) || !ports_match(e))) return false;
  if (st_config.protocol_count &&
      !IN_LIST(protocols, ST_MAX_PROTOCOLS, st_config.protocol_count, e->protocol))
    return false;
  if (st_config.addr_count && !address_matches(e, s)) return false;
  if (st_config.mark_count && (!s->sk || !mark_matches(e->mark))) return false;
  return !st_config.netns_count || IN_LIST(netns, ST_MAX_NETNS, st_config.netns_count, e->netns);
}

#endif
