/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An IP header in memory -> the ends that it names, local being the source. Ports only where they
 * are sure to be: in a first fragment, in front of what can be a header of that protocol. A header
 * that is still to be written, or that was moved away, leaves other bytes there.
 */
#ifndef SOCKETRACE_BPF_PACKET_H
#define SOCKETRACE_BPF_PACKET_H

#include "bpf/identity/config.h"
#include "bpf/identity/scene.h"
#include "bpf/kernel/read.h"

struct ipv4_header { /* without options */
  __u8 version_ihl;
  __u8 tos;
  __be16 length;
  __be16 id;
  __be16 fragment;
  __u8 ttl;
  __u8 protocol;
  __be16 checksum;
  __be32 source, destination;
};
struct ipv6_header {
  __u8 version;
  __u8 flow[3];
  __be16 length;
  __u8 next;
  __u8 hops;
  __u8 source[16], destination[16];
};
union ip_header {
  __u8 version; /* in its upper half */
  struct ipv4_header v4;
  struct ipv6_header v6;
};
struct transport_header { /* of TCP; UDP has its length where TCP has a part of the sequence number
                           */
  __be16 ports[2];
  __be16 udp_length;
  __u8 pad[6];
  __u8 tcp_words; /* length of the header, in the upper half */
  __u8 flags;
  __be16 window;
};

enum {
  EXT_HOP = 0,
  EXT_ROUTING = 43,
  EXT_FRAGMENT = 44,
  EXT_AUTH = 51,
  EXT_DESTINATION = 60,
};
enum { LATER_FRAGMENT = 1 << 16 }; /* beside the offset of what follows a header */

/* TCP, UDP, UDP-Lite, SCTP and DCCP all begin with source and destination port. */
static __always_inline bool has_ports(__u16 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
         protocol == IPPROTO_UDPLITE || protocol == IPPROTO_DCCP;
}

/* The shortest header has 20 bytes (TCP, its length in words in the upper half) and 8 (UDP). */
static __always_inline bool is_plausible(__u16 protocol, __be16 udp_length, __u8 tcp_words) {
  if (protocol == IPPROTO_TCP) return tcp_words >= 0x50;
  return protocol != IPPROTO_UDP || bpf_ntohs(udp_length) >= 8;
}

/* How far behind the IPv6 header what it carries begins, and what that is. More than four extension
 * headers: no ports, like a later fragment. */
static __always_inline __u32 skip_extensions(__u8 *next_header, __u64 at) {
  __u32 next = *next_header, end = 40;

  for (__u32 i = 0; i < 4; i++) {
    struct {
      __u8 next, length;
      __be16 fragment;
    } ext;

    if (next != EXT_HOP && next != EXT_ROUTING && next != EXT_FRAGMENT && next != EXT_AUTH &&
        next != EXT_DESTINATION)
      break;
    if (bpf_probe_read_kernel(&ext, sizeof(ext), (const void *)(at + end))) break;
    if (next == EXT_FRAGMENT) {
      end += 8;
      if (ext.fragment & bpf_htons(0xfff8)) end |= LATER_FRAGMENT;
    } else if (next == EXT_AUTH) {
      end += (ext.length + 2) * 4;
    } else {
      end += (ext.length + 1) * 8;
    }
    next = ext.next;
    FORGET(end); /* whichever header it was */
    FORGET(next);
    if (end & LATER_FRAGMENT) break;
  }
  *next_header = next;
  return end;
}

/* Whose ends a header tells: their place in the scene. */
enum ends_of {
  ST_PACKET_ENDS,
  ST_SOCK_ENDS,  /* an unconnected sock's, inside a tunnel's packet */
  ST_ABOUT_ENDS, /* what an ICMP error quotes */
};

/* `at`: of a header, a plain number that may lead anywhere. Returns where behind it the carried
 * header begins, with LATER_FRAGMENT if it does not; 0: no IP header is there, and nothing is
 * written. Not static: so the verifier looks at it once, by itself, and not for each way that leads
 * here. All that such a function can be given from 5.8 on is numbers. */
__noinline int read_ip(__u32 whose, __u64 at) {
  struct scene *scene = this_scene();
  struct transport_header transport;
  struct st_ends *to;
  union ip_header ip;
  __u32 end;
  __u8 protocol;

  if (!scene) return 0;
  to = &scene->packet;
  if (whose == ST_SOCK_ENDS) to = &scene->record.more.sock;
  if (whose == ST_ABOUT_ENDS) to = &scene->record.more.about;
  if (bpf_probe_read_kernel(&ip, sizeof(ip), (const void *)at)) return 0;
  if (ip.version >> 4 == 4) {
    end = (ip.v4.version_ihl & 15) * 4;
    if (end < 20) return 0;
    to->family = AF_INET;
    protocol = ip.v4.protocol;
    __builtin_memset(&to->local, 0, sizeof(to->local) * 2);
    __builtin_memcpy(to->local.bytes, &ip.v4.source, 4);
    __builtin_memcpy(to->remote.bytes, &ip.v4.destination, 4);
    if (ip.v4.fragment & bpf_htons(0x1fff)) end |= LATER_FRAGMENT;
  } else if (ip.version >> 4 == 6) {
    protocol = ip.v6.next;
    to->family = AF_INET6;
    __builtin_memcpy(to->local.bytes, ip.v6.source, 16);
    __builtin_memcpy(to->remote.bytes, ip.v6.destination, 16);
    end = skip_extensions(&protocol, at);
  } else {
    return 0;
  }
  FORGET(end);
  FORGET(protocol);
  to->protocol = protocol;
  to->local_port = 0;
  to->remote_port = 0;
  to->flags = ST_HIT_NO_PORTS;
  to->pad = 0;
  to->ifindex = 0;
  if (end & LATER_FRAGMENT || !has_ports(protocol) ||
      bpf_probe_read_kernel(&transport, sizeof(transport), (const void *)(at + end)) ||
      !is_plausible(protocol, transport.udp_length, transport.tcp_words))
    return end;
  to->flags = 0;
  to->local_port = bpf_ntohs(transport.ports[0]);
  to->remote_port = bpf_ntohs(transport.ports[1]);
  return end;
}

#endif
