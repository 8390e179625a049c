/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The configuration in rodata -> does the hit match? All given filters must hold, any value of one.
 * The cheapest test first.
 */
#ifndef SOCKETRACE_BPF_MATCH_H
#define SOCKETRACE_BPF_MATCH_H

#include "bpf/kernel/context.h"
#include "bpf/kernel/task.h"
#include "bpf/identity/identity.h"
#include "bpf/verdict/addresses.h"

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
  if (st_config.uid_count) {
    __u32 uid = effective_uid();

    return IN_LIST(uids, ST_MAX_UIDS, st_config.uid_count, uid);
  }
  return true;
}
/* Not static: see read_ip. */
__noinline int current_comm_passes(void) {
  char comm[ST_COMM_LEN] = {};

  bpf_get_current_comm(comm, sizeof(comm));
  return comm_matches(comm);
}

/* The current task: in softirq whoever was interrupted. `context`: the program knows about that. */
static __always_inline bool match_task_in(struct st_event *e, bool context) {
  if (!match_ids_in(e, context)) return false;
  return !st_config.comm_count || current_comm_passes();
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
static __always_inline bool ports_match(__u16 local_port, __u16 remote_port) {
  __u32 local = (__u32)local_port << 16, remote = (__u32)remote_port << 16;

  return port_in_rule(0, local, remote) || port_in_any_rule(local, remote);
}

/* Either: the sock's and the packet's, or twice the same. */
static __always_inline bool mark_matches(__u32 mark, __u32 other) {
  for (__u32 i = 0; i < ST_MAX_MARKS && i < st_config.mark_count; i++)
    if ((mark & st_config.marks[i].mask) == st_config.marks[i].value ||
        (other & st_config.marks[i].mask) == st_config.marks[i].value)
      return true;
  return false;
}
static __always_inline bool netns_matches(__u32 netns, __u32 other) {
  for (__u32 i = 0; i < ST_MAX_NETNS && i < st_config.netns_count; i++)
    if (st_config.netns[i] == netns || st_config.netns[i] == other) return true;
  return false;
}

/* Of the sock in the scene. Not static: see read_ip. */
__noinline int sock_address_passes(__u32 ipv6only) {
  const struct scene *scene = this_scene();
  const struct st_event *e;

  if (!scene) return false;
  e = &scene->record.event;
  return addresses_match(e->family, &e->local, &e->remote, ipv6only);
}
static __always_inline bool address_matches(struct st_event *e, const struct subject *s) {
  if (s->scene) return sock_address_passes(s->ipv6only && !s->inner);
  forget_ways(e);
  FORGET(e->protocol);
  FORGET(e->type);
  return addresses_match(e->family, &e->local, &e->remote, s->ipv6only && !s->inner);
}

/* Do the filters ask for anything of the socket? If not, it need not be looked for. */
static __always_inline bool filters_by_subject(void) {
  return st_config.addr_count || st_config.port_count || st_config.protocol_count ||
         st_config.family_count || st_config.mark_count || st_config.netns_count;
}

static __always_inline bool filters_by_ends(void) {
  return st_config.family_count || st_config.port_count || st_config.protocol_count ||
         st_config.addr_count;
}

/* Family, ports, protocol and addresses are one question about one pair of ends: the sock's, read
 * as far as it is asked for ... */
static __always_inline bool sock_passes(struct st_event *e, struct subject *s) {
  if (st_config.family_count &&
      !IN_LIST(families, ST_MAX_FAMILIES, st_config.family_count, e->family))
    return false;
  /* Ports and IP protocols are of AF_INET and AF_INET6: 6 is NETLINK_XFRM to a netlink socket. */
  if (protocol_is_read() && !is_inet(e)) return false;
  if (st_config.port_count && !ports_match(e->local_port, e->remote_port)) return false;
  if (protocol_is_read() && s->sk) read_protocol(e, s);
  if (st_config.port_count && (e->flags & ST_HIT_NO_PORTS)) return false;
  if (st_config.protocol_count &&
      !IN_LIST(protocols, ST_MAX_PROTOCOLS, st_config.protocol_count, e->protocol))
    return false;
  if (rest_is_read() && s->sk) read_rest(e, s);
  return !st_config.addr_count || address_matches(e, s);
}
/* ... or those of the packet. Not static: see read_ip. */
__noinline int packet_passes(void) {
  const struct scene *scene = this_scene();
  const struct st_ends *packet;
  __u16 family, protocol;

  if (!scene) return false;
  packet = &scene->packet;
  family = packet->family;
  protocol = packet->protocol;
  if (st_config.family_count && !IN_LIST(families, ST_MAX_FAMILIES, st_config.family_count, family))
    return false;
  if (st_config.port_count &&
      (packet->flags & ST_HIT_NO_PORTS || !ports_match(packet->local_port, packet->remote_port)))
    return false;
  if (st_config.protocol_count &&
      !IN_LIST(protocols, ST_MAX_PROTOCOLS, st_config.protocol_count, protocol))
    return false;
  return !st_config.addr_count || addresses_match(family, &packet->local, &packet->remote, false);
}

static __always_inline bool ends_pass(struct st_event *e, struct subject *s) {
  if (knows_sock(e, s) && sock_passes(e, s)) return true;
  return s->skb && s->header_bytes && packet_passes();
}

/* After find_subject. Without a sock or an IP header there is nothing that family, port, protocol
 * and address could match; mark and device of an sk_buff are its own from the start. */
static __always_inline bool match_subject(struct st_event *e, struct subject *s) {
  if (filters_by_ends() && !ends_pass(e, s)) return false;
  if (s->skb && (st_config.mark_count || st_config.netns_count)) forget_ways(e);
  if ((st_config.mark_count || st_config.netns_count) && !knows_sock(e, s) && !s->skb) return false;
  if (st_config.mark_count) {
    __u32 mark;

    if (knows_sock(e, s)) read_mark(e, s);
    mark = e->mark;
    asm volatile("" : "+r"(mark)); /* one load of either pointer is none that the verifier takes */
    if (s->skb) mark = GET(s, sk_buff, s->skb, mark);
    if (!knows_sock(e, s)) e->mark = mark;
    if (!mark_matches(e->mark, mark)) return false;
  }
  if (st_config.netns_count) {
    __u32 ifindex = 0, netns;

    if (knows_sock(e, s)) {
      /* Not by sock_passes: nobody asked it, or the packet passed in the sock's place. */
      if (!filters_by_ends() || s->skb) read_rest(e, s);
      read_netns(e, s);
    }
    netns = e->netns;
    asm volatile("" : "+r"(netns));
    if (s->skb) netns = read_device(s, &ifindex);
    if (!netns_matches(e->netns, netns)) return false;
  }
  return true;
}

/* Does a hit with this argument match every filter? The cheapest question first. */
static __always_inline bool match_hit(struct st_event *e, struct subject *s, const void *object,
                                      __u32 kind, const void *packet, bool context) {
  if (filters_by_task() && !match_task_in(e, context)) return false;
  find_subject(e, s, object, kind, packet);
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

/* match_subject of an identity that has been read as far as the filters go: what a call may still
 * change ... */
static __always_inline bool match_ends(struct st_event *e, const struct subject *s) {
  if (st_config.port_count &&
      ((e->flags & ST_HIT_NO_PORTS) || !ports_match(e->local_port, e->remote_port)))
    return false;
  return !st_config.addr_count || address_matches(e, s);
}
/* ... and what stays. */
static __always_inline bool match_but_ends(struct st_event *e, const struct subject *s) {
  if (st_config.family_count &&
      !IN_LIST(families, ST_MAX_FAMILIES, st_config.family_count, e->family))
    return false;
  if (protocol_is_read() && !is_inet(e)) return false;
  if (st_config.protocol_count &&
      !IN_LIST(protocols, ST_MAX_PROTOCOLS, st_config.protocol_count, e->protocol))
    return false;
  if (st_config.mark_count && (!s->sk || !mark_matches(e->mark, e->mark))) return false;
  return !st_config.netns_count || IN_LIST(netns, ST_MAX_NETNS, st_config.netns_count, e->netns);
}
static __always_inline bool match_read(struct st_event *e, const struct subject *s) {
  forget_ways(e);
  return match_but_ends(e, s) && match_ends(e, s);
}

#endif
