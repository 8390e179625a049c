/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * struct sk_buff * -> its sock, or (two thirds of all hits: the whole receive path) the same
 * identity from its packet headers. There local and remote are source and destination.
 *
 * The headers also tell the ends of an sk_buff whose sock has no remote end: sendto on an
 * unconnected UDP, raw or ICMP socket leaves no trace in the sock.
 */
#ifndef SOCKETRACE_BPF_SKB_H
#define SOCKETRACE_BPF_SKB_H

#include "bpf/identity/sock.h"

/* Until 5.11 skb->sk shares its place with ip_defrag_offset, a small number. */
static __always_inline const struct sock *sock_of_skb(const struct subject *s,
                                                      const struct sk_buff *skb) {
  const struct sock *sk = GET(s, sk_buff, skb, sk);

  if (!is_kernel_pointer(sk)) return NULL;
  asm volatile(""); /* a branch: the verifier allows no masks made of a pointer's sign */
  return sk;
}

struct ipv4_packet { /* the header without options, and what follows it */
  __u8 version_ihl;
  __u8 tos;
  __be16 length;
  __be16 id;
  __be16 fragment;
  __u8 ttl;
  __u8 protocol;
  __be16 checksum;
  __be32 source, destination;
  __be16 ports[2];
} __attribute__((aligned(8)));
struct ipv6_packet {
  __u8 version;
  __u8 flow[3];
  __be16 length;
  __u8 next;
  __u8 hops;
  __u8 source[16], destination[16];
  __be16 ports[2];
};

/* TCP, UDP, UDP-Lite, SCTP and DCCP all begin with source and destination port. */
static __always_inline bool has_ports(__u16 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
         protocol == IPPROTO_UDPLITE || protocol == IPPROTO_DCCP;
}

static __always_inline void take_ports(struct st_event *e, const __be16 *ports) {
  e->local_port = bpf_ntohs(ports[0]);
  e->remote_port = bpf_ntohs(ports[1]);
}

static __always_inline bool copy_ipv4(struct ipv4_packet *p, const struct subject *s,
                                      const void *at) {
  const __u8 *bytes;
  __u64 *to = (void *)p;

  if (!s->direct) return bpf_probe_read_kernel(p, sizeof(*p), at) == 0;
  bytes = BYTES(at);
  to[0] = WORD(bytes, __u64, 0);
  to[1] = WORD(bytes, __u64, 8);
  to[2] = WORD(bytes, __u64, 16);
  return true; /* a fault reads as 0, which is no version */
}

static __always_inline bool read_ipv4(struct st_event *e, const struct subject *s, const void *at) {
  struct ipv4_packet p;
  __u32 header;

  if (!copy_ipv4(&p, s, at)) return false;
  header = (p.version_ihl & 15) * 4;
  if (p.version_ihl >> 4 != 4 || header < 20) return false;
  e->family = AF_INET;
  e->protocol = p.protocol;
  __builtin_memcpy(e->local.bytes, &p.source, 4);
  __builtin_memcpy(e->remote.bytes, &p.destination, 4);
  /* Only the first fragment (offset 0) has the transport header. */
  if (!has_ports(p.protocol) || (p.fragment & bpf_htons(0x1fff)) ||
      (header != 20 && bpf_probe_read_kernel(p.ports, sizeof(p.ports), at + header))) {
    e->flags |= ST_HIT_NO_PORTS;
    return true;
  }
  take_ports(e, p.ports);
  return true;
}

enum {
  EXT_HOP = 0,
  EXT_ROUTING = 43,
  EXT_FRAGMENT = 44,
  EXT_AUTH = 51,
  EXT_DESTINATION = 60,
};

static __always_inline bool read_ipv6(struct st_event *e, const void *at) {
  struct ipv6_packet p;
  __u32 next, i, header = 40;
  bool later_fragment = false;

  if (bpf_probe_read_kernel(&p, sizeof(p), at) || p.version >> 4 != 6) return false;
  e->family = AF_INET6;
  __builtin_memcpy(e->local.bytes, p.source, 16);
  __builtin_memcpy(e->remote.bytes, p.destination, 16);
  next = p.next;
  for (i = 0; i < 4; i++) { /* more extension headers than that: no ports, like a fragment */
    struct {
      __u8 next, length;
      __be16 fragment;
    } ext;

    if (next != EXT_HOP && next != EXT_ROUTING && next != EXT_FRAGMENT && next != EXT_AUTH &&
        next != EXT_DESTINATION)
      break;
    if (bpf_probe_read_kernel(&ext, sizeof(ext), at + header)) break;
    if (next == EXT_FRAGMENT) {
      header += 8;
      later_fragment = ext.fragment & bpf_htons(0xfff8);
    } else if (next == EXT_AUTH) {
      header += (ext.length + 2) * 4;
    } else {
      header += (ext.length + 1) * 8;
    }
    next = ext.next;
    if (later_fragment) break;
  }
  e->protocol = next;
  if (!has_ports(next) || later_fragment ||
      (header != 40 && bpf_probe_read_kernel(p.ports, sizeof(p.ports), at + header))) {
    e->flags |= ST_HIT_NO_PORTS;
    return true;
  }
  take_ports(e, p.ports);
  return true;
}

/* False, and nothing touched, when there is no IP header (yet): freshly allocated, ARP, a VLAN tag.
 */
static __always_inline bool read_headers(struct st_event *e, const struct subject *s,
                                         const struct sk_buff *skb) {
  __u16 at = GET(s, sk_buff, skb, network_header), protocol;
  const void *header;
  bool known = false;
  __u8 version = 0;

  if (!at || at == 0xffff) /* 0 and ~0: not set */
    return false;
  header = GET(s, sk_buff, skb, head) + at;
  protocol = bpf_ntohs(GET(s, sk_buff, skb, protocol));
  /* Sending, skb->protocol is still 0 until ip_output: then only the version tells. It does not
   * where the protocol is another one: the first byte of a VLAN tag may look like a version. */
  if (protocol == ETH_P_IP)
    version = 4;
  else if (protocol == ETH_P_IPV6)
    version = 6;
  else if (!protocol && !bpf_probe_read_kernel(&version, 1, header))
    version >>= 4;
  if (version == 4)
    known = read_ipv4(e, s, header);
  else if (version == 6)
    known = read_ipv6(e, header);
  if (known) e->flags |= ST_HIT_FROM_HEADERS;
  return known;
}

/* skb->dev shares its place with dev_scratch (UDP's receive queue) and with an rb_node (TCP's
 * queues): a network namespace inode number tells a device from such. They count up from
 * 0xf0000000 (PROC_DYNAMIC_FIRST); the initial ones lie just below since 6.18. */
static __always_inline void read_device(struct st_event *e, const struct subject *s) {
  const struct net_device *dev = GET(s, sk_buff, s->skb, dev);
  __u32 netns;

  if (!is_kernel_pointer(dev) || !bpf_core_field_exists(possible_net_t, net)) return;
  netns = GET(s, net, GET(s, net_device, dev, nd_net.net), ns.inum);
  if (netns < 0xeffffff0) return;
  e->netns = netns;
  e->ifindex = GET(s, net_device, dev, ifindex);
}

#endif
