/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arguments -> subject, and for a hit that is sent whatever of the identity no filter has read yet:
 * the endpoints of the families that are not IP among it.
 */
#ifndef SOCKETRACE_BPF_IDENTITY_H
#define SOCKETRACE_BPF_IDENTITY_H

#include "bpf/identity/ends.h"

/* `packet`: the sk_buff among the arguments beside a sock or socket, or NULL. */
static __always_inline void find_subject(struct st_event *e, struct subject *s, const void *object,
                                         __u32 kind, const void *packet) {
  bool found_in_skb = false;

  if (kind == ST_KIND_SK_BUFF)
    packet = object;
  else if (kind == ST_KIND_SOCKET && object)
    s->sk = GET(s, socket, object, sk); /* NULL while created or released */
  else
    s->sk = object;
  s->skb = packet;
  if (!s->sk && s->skb) {
    s->sk = sock_of_skb(s, s->skb);
    found_in_skb = true;
  }
  if (s->sk) read_head(e, s);
  if (found_in_skb && s->sk && !owns_conversations(e->family)) forget_sock(e, s);
  if (s->skb) {
    look_at_packet(e, s);
    /* What follows is looked at once, not for each way that a packet is read. */
    FORGET(s->header);
    FORGET(s->header_bytes);
    FORGET(s->inner);
  }
  if (!s->sk && !s->header_bytes) e->flags |= s->skb ? ST_HIT_FRESH : ST_HIT_NO_OBJECT;
}

static __always_inline void read_netlink(struct st_event *e, const struct sock *sk) {
  const struct netlink_sock *nl = (const void *)sk;
  const unsigned long *groups = BPF_CORE_READ(nl, groups); /* a bitmap; NULL: in no group */
  __u32 group = BPF_CORE_READ(nl, dst_group);              /* a number from 1 on */
  unsigned long mask = 0;

  if (groups) bpf_probe_read_kernel(&mask, sizeof(mask), groups);
  e->local.netlink.portid = BPF_CORE_READ(nl, portid);
  e->local.netlink.groups = mask;
  e->remote.netlink.portid = BPF_CORE_READ(nl, dst_portid);
  e->remote.netlink.groups = group - 1 < 32 ? 1u << ((group - 1) & 31) : 0;
}

static __always_inline void read_packet(struct st_event *e, const struct sock *sk) {
  const struct packet_sock *po = (const void *)sk;

  e->local.packet.ifindex = BPF_CORE_READ(po, ifindex);
  e->local.packet.ethertype = bpf_ntohs(BPF_CORE_READ(po, num));
}

/* vsock is a module nearly everywhere, and CO-RE looks into the BTF of vmlinux only. Since 5.5
 * struct vsock_sock begins with the sock, one pointer and both sockaddr_vm; their family field,
 * which vsock_addr_init fills in, proves that we are looking at the right place. */
static __always_inline void read_vsock(struct st_event *e, const struct sock *sk) {
  struct {
    __u16 family, reserved;
    __u32 port, cid, rest;
  } ends[2]; /* struct sockaddr_vm */
  __u32 at = bpf_core_type_size(struct sock) + sizeof(void *);

  if (bpf_core_type_exists(struct vsock_sock))
    at = bpf_core_field_offset(struct vsock_sock, local_addr);
  if (bpf_probe_read_kernel(ends, sizeof(ends), (const void *)sk + at) ||
      ends[0].family != AF_VSOCK || ends[1].family != AF_VSOCK)
    return;
  e->local.vsock.cid = ends[0].cid;
  e->local.vsock.port = ends[0].port;
  e->remote.vsock.cid = ends[1].cid;
  e->remote.vsock.port = ends[1].port;
}

/* For a hit that matched. What a filter has read already is read once more where there is a packet:
 * it may have matched in the sock's place. */
static __always_inline void complete(struct st_event *e, struct subject *s) {
  if (knows_sock(e, s)) {
    if (s->skb || !protocol_is_read()) read_protocol(e, s);
    if (s->skb || !rest_is_read()) read_rest(e, s);
    if (s->skb || !st_config.netns_count) read_netns(e, s);
    if (!st_config.mark_count && st_config.want_details) read_mark(e, s);
    if (e->family == AF_NETLINK && bpf_core_type_exists(struct netlink_sock))
      read_netlink(e, s->sk);
    else if (e->family == AF_PACKET && bpf_core_type_exists(struct packet_sock))
      read_packet(e, s->sk);
    else if (e->family == AF_VSOCK)
      read_vsock(e, s->sk);
  }
  if (s->skb) tell_both(e, s);
}

#endif
