/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* struct sk_buff *: its sock, where its IP headers are, its device. */
#ifndef SOCKETRACE_BPF_SKB_H
#define SOCKETRACE_BPF_SKB_H

#include "bpf/identity/packet.h"
#include "bpf/identity/sock.h"

/* Until 5.11 skb->sk shares its place with ip_defrag_offset, a small number. */
static __always_inline const struct sock *sock_of_skb(const struct subject *s,
                                                      const struct sk_buff *skb) {
  const struct sock *sk = GET(s, sk_buff, skb, sk);

  if (!is_kernel_pointer(sk)) return NULL;
  asm volatile(""); /* a branch: the verifier allows no masks made of a pointer's sign */
  return sk;
}

/* Families whose socks stand for a conversation. What AF_PACKET and XDP send, and a tun or tap
 * device, whose sock has no family for all its life, is the packet's own. */
static __always_inline bool owns_conversations(__u16 family) {
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX || family == AF_NETLINK ||
         family == AF_VSOCK;
}

static __always_inline __u64 head_of(const struct subject *s, const struct sk_buff *skb) {
  const unsigned char *head = GET(s, sk_buff, skb, head);

  return s->direct ? as_number(s->scene, head) : (unsigned long)head;
}

/* Where the outermost IP header should be; 0: there is none (yet). */
static __always_inline __u64 ip_header_of(const struct subject *s, const struct sk_buff *skb) {
  __u16 at = GET(s, sk_buff, skb, network_header), mac;
  __u16 protocol = bpf_ntohs(GET(s, sk_buff, skb, protocol));
  __u64 header;

  if (!at || at == 0xffff) return 0; /* not set */
  header = head_of(s, skb) + at;
  if (protocol == ETH_P_IP || protocol == ETH_P_IPV6) return header;
  /* Sending, the protocol is 0 until ip_output. As long as there is no route either, the header is
   * still to be written: what is there now may be the one of another packet, whose memory this was.
   */
  if (!protocol) return GET(s, sk_buff, skb, _skb_refdst) ? header : 0;
  if (protocol != ETH_P_8021Q && protocol != ETH_P_8021AD) return 0;
  /* A tag in the payload. Received, it stands where the network header begins, right behind the
   * addresses of Ethernet; sending, it was put in front of that. */
  mac = GET(s, sk_buff, skb, mac_header);
  if (mac == 0xffff || at - mac != 14) return header;
  for (int tags = 0; tags < 2; tags++) {
    struct {
      __be16 tag, protocol;
    } vlan;

    if (bpf_probe_read_kernel(&vlan, sizeof(vlan), (const void *)header)) return 0;
    header += 4;
    protocol = bpf_ntohs(vlan.protocol);
    if (protocol == ETH_P_IP || protocol == ETH_P_IPV6) return header;
    if (protocol != ETH_P_8021Q && protocol != ETH_P_8021AD) return 0;
  }
  return 0;
}

/* Of the packet inside a tunnel's. */
static __always_inline __u64 inner_header_of(const struct subject *s, const struct sk_buff *skb) {
  __u16 at = GET(s, sk_buff, skb, inner_network_header);
  bool encapsulated = s->direct
                          ? BPF_CORE_READ_BITFIELD(DIRECT(sk_buff, skb), encapsulation)
                          : BPF_CORE_READ_BITFIELD_PROBED((struct sk_buff *)skb, encapsulation);

  if (!encapsulated || !at || at == 0xffff) return 0;
  return head_of(s, skb) + at;
}

/* skb->dev shares its place with dev_scratch (UDP's receive queue) and with an rb_node (TCP's
 * queues): a network namespace inode number tells a device from such. They count up from
 * 0xf0000000 (PROC_DYNAMIC_FIRST); the initial ones lie just below since 6.18. 0: no device. */
static __always_inline __u32 read_device(const struct subject *s, __u32 *ifindex) {
  const struct net_device *dev = GET(s, sk_buff, s->skb, dev);
  __u32 netns;

  if (!is_kernel_pointer(dev) || !bpf_core_field_exists(possible_net_t, net)) return 0;
  netns = GET(s, net, GET(s, net_device, dev, nd_net.net), ns.inum);
  if (netns < 0xeffffff0) return 0;
  *ifindex = GET(s, net_device, dev, ifindex);
  return netns;
}

#endif
