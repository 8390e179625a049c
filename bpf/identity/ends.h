/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hit with an sk_buff, and perhaps a sock: neither stands in for the other. Until it is told, the
 * event holds the sock's ends, and beside it lie the packet's. A line shows the packet's if there
 * is an IP header, and the sock's as well where they are others.
 */
#ifndef SOCKETRACE_BPF_ENDS_H
#define SOCKETRACE_BPF_ENDS_H

#include "bpf/identity/skb.h"

static __always_inline bool knows_sock(const struct st_event *e, const struct subject *s) {
  return s->sk && !(e->flags & ST_HIT_FRESH);
}

/* It was not what the hit is about. */
static __always_inline void forget_sock(struct st_event *e, struct subject *s) {
  s->sk = NULL;
  e->sock = 0;
  e->family = 0;
  e->state = 0;
  e->ifindex = 0;
  e->flags = 0;
}

/* Connected sockets know their remote end. Not so unconnected ones, listeners and the kernel's own
 * that send resets and ICMP. */
static __always_inline bool has_no_remote(const struct st_event *e) {
  return is_inet(e) && !is_mini(e) && !e->remote_port;
}

/* ---- comparing ------------------------------------------------------------------------------ */

/* The last eight bytes of ::ffff:a.b.c.d. */
static __always_inline __u64 mapped_word(const union st_address *ipv4) {
  __u64 address = *(const __u32 *)ipv4;

  return bpf_htonl(1) == 1 ? 0xffffull << 32 | address : address << 32 | bpf_htonl(0xffff);
}

/* `mapped`: b is of IPv4 and a of IPv6. Of an IPv4 address all but the first four bytes are 0. */
static __always_inline bool is_same(const union st_address *a, const union st_address *b,
                                    bool mapped) {
  const __u64 *in_a = (const void *)a, *in_b = (const void *)b;

  if (mapped) return !in_a[0] && in_a[1] == mapped_word(b);
  return in_a[0] == in_b[0] && in_a[1] == in_b[1];
}
/* 0.0.0.0, :: or ::ffff:0.0.0.0, which stand for any. */
static __always_inline bool is_unspecified(const union st_address *a) {
  const __u64 *in_a = (const void *)a;

  return !in_a[0] &&
         (!in_a[1] || in_a[1] == (bpf_htonl(1) == 1 ? 0xffffull << 32 : bpf_htonl(0xffff)));
}

enum relation {
  ST_ENDS_DIFFER,
  ST_ENDS_SAME,    /* in either direction */
  ST_ENDS_OF_PEER, /* the sock has no remote end, and its own is one of the packet's */
};

/* A raw socket of IPPROTO_RAW sends whatever it likes; a subflow of MPTCP is TCP. */
static __always_inline bool speaks(const struct st_ends *sock, __u16 protocol) {
  return sock->protocol == protocol || sock->protocol == IPPROTO_RAW ||
         (sock->protocol == IPPROTO_MPTCP && protocol == IPPROTO_TCP);
}

/* Of the two in the scene. The verifier looks at this function by itself: see read_ip. */
__noinline int relation_of_ends(void) {
  struct scene *scene = this_scene();
  const struct st_ends *sock, *packet;
  bool ports, mapped, any, connected, sent, received;

  if (!scene) return ST_ENDS_DIFFER;
  sock = &scene->record.more.sock;
  packet = &scene->packet;
  ports = !((sock->flags | packet->flags) & ST_HIT_NO_PORTS);
  mapped = sock->family == AF_INET6 && packet->family == AF_INET;
  any = is_unspecified(&sock->local);
  connected = sock->remote_port || !is_unspecified(&sock->remote);
  if (!speaks(sock, packet->protocol)) return ST_ENDS_DIFFER;
  sent = any || is_same(&sock->local, &packet->local, mapped);
  received = any || is_same(&sock->local, &packet->remote, mapped);
  if (ports && (connected || sock->local_port)) {
    if (sock->local_port != packet->local_port) sent = false;
    if (sock->local_port != packet->remote_port) received = false;
  }
  if (!connected) return sent || received ? ST_ENDS_OF_PEER : ST_ENDS_DIFFER;
  if (!is_same(&sock->remote, &packet->remote, mapped) ||
      (ports && sock->remote_port != packet->remote_port))
    sent = false;
  if (!is_same(&sock->remote, &packet->local, mapped) ||
      (ports && sock->remote_port != packet->local_port))
    received = false;
  return sent || received ? ST_ENDS_SAME : ST_ENDS_DIFFER;
}

/* ---- the packet ----------------------------------------------------------------------------- */

static __always_inline void put_sock_ends(struct st_ends *to, const struct st_event *e) {
  to->family = e->family;
  to->protocol = e->protocol;
  to->flags = e->flags & ST_HIT_NO_PORTS;
  to->local_port = e->local_port;
  to->remote_port = e->remote_port;
  to->pad = 0;
  to->ifindex = e->ifindex;
  to->local = e->local;
  to->remote = e->remote;
}
static __always_inline void take_ends(struct st_event *e, const struct st_ends *ends) {
  e->family = ends->family;
  e->protocol = ends->protocol;
  e->local_port = ends->local_port;
  e->remote_port = ends->remote_port;
  e->local = ends->local;
  e->remote = ends->remote;
  e->flags = (e->flags & ~(ST_HIT_NO_PORTS | ST_HIT_FRESH)) | ends->flags;
}

/* Where no transport header can be read, the sock's own ports for the same protocol: of a later
 * fragment, of a header that is still to be written. It is one that the sock receives if it is
 * addressed to it and not from it. */
static __always_inline void lend_ports(struct st_event *e, struct subject *s) {
  struct st_ends *packet = &s->scene->packet, *sock = &s->scene->record.more.sock;
  bool mapped;

  read_protocol(e, s);
  read_rest(e, s);
  put_sock_ends(sock, e);
  if (e->flags & ST_HIT_NO_PORTS || !speaks(sock, packet->protocol)) return;
  mapped = sock->family == AF_INET6 && packet->family == AF_INET;
  packet->flags = 0;
  packet->local_port = e->local_port;
  packet->remote_port = e->remote_port;
  if (is_same(&sock->local, &packet->remote, mapped) &&
      !is_same(&sock->local, &packet->local, mapped)) {
    packet->local_port = e->remote_port;
    packet->remote_port = e->local_port;
  }
}

/* Sets s->header if there is an IP header. After read_head. */
static __always_inline void look_at_packet(struct st_event *e, struct subject *s) {
  struct st_ends *packet = &s->scene->packet, *sock = &s->scene->record.more.sock;
  __u64 header = 0, inner;
  int end;

  /* An sk_buff of the other families carries no IP: their bytes may look like it. */
  if (!s->sk || !e->family || is_inet(e)) header = ip_header_of(s, s->skb);
  if (!header) return;
  end = read_ip(ST_PACKET_ENDS, header);
  if (!end) return;
  s->header = header;
  s->header_bytes = end;
  if (!knows_sock(e, s)) return;
  if (has_no_remote(e)) {
    inner = inner_header_of(s, s->skb);
    if (inner) {
      read_protocol(e, s);
      read_rest(e, s);
      put_sock_ends(sock, e);
      /* Else it is the tunnel's own. */
      if (relation_of_ends() == ST_ENDS_DIFFER && read_ip(ST_SOCK_ENDS, inner)) {
        take_ends(e, sock);
        s->inner = true;
        return;
      }
    }
  }
  if (packet->flags && has_ports(packet->protocol)) lend_ports(e, s);
}

/* ---- told ----------------------------------------------------------------------------------- */

/* What an ICMP error quotes: 8 bytes behind its own header. */
static __always_inline void read_about(const struct st_ends *packet, const struct subject *s) {
  __u64 icmp = s->header + s->header_bytes;
  bool error;
  __u8 type;

  if ((packet->protocol != IPPROTO_ICMP && packet->protocol != IPPROTO_ICMPV6) ||
      s->header_bytes & LATER_FRAGMENT ||
      bpf_probe_read_kernel(&type, sizeof(type), (const void *)icmp))
    return;
  error = packet->protocol == IPPROTO_ICMP
              ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12
              : type >= 1 && type <= 4;
  if (error) read_ip(ST_ABOUT_ENDS, icmp + 8);
}

/* The sock has been read, as far as there is one: what is told of it and of the packet. */
static __always_inline void tell_both(struct st_event *e, struct subject *s) {
  struct st_more *more = &s->scene->record.more;
  struct st_ends *packet = &s->scene->packet;
  int relation = ST_ENDS_OF_PEER;
  __u32 ifindex = 0, netns, mark;

  more->about.family = 0;
  more->sock.family = 0;
  more->sock_netns = 0;
  more->packet_mark = 0;
  if (s->header_bytes) {
    read_about(packet, s);
    if (knows_sock(e, s)) {
      put_sock_ends(&more->sock, e);
      relation = relation_of_ends();
      if (relation != ST_ENDS_DIFFER) more->sock.family = 0;
    }
    if (relation != ST_ENDS_SAME) {
      take_ends(e, packet);
      e->flags |= ST_HIT_FROM_HEADERS;
    }
  }
  netns = read_device(s, &ifindex);
  if (netns) {
    if (e->netns && e->netns != netns) more->sock_netns = e->netns;
    e->netns = netns;
    if (!s->sk) e->ifindex = ifindex;
  }
  if (st_config.want_details || st_config.mark_count) {
    mark = GET(s, sk_buff, s->skb, mark);
    if (!s->sk)
      e->mark = mark;
    else if (mark != e->mark)
      more->packet_mark = mark;
  }
  if (more->about.family || more->sock.family || more->sock_netns || more->packet_mark)
    e->sections |= ST_SECTION_ENDS;
}

#endif
