/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does one of two addresses match one of the rules? IPv4, IPv6, and IPv4 inside IPv6. */
#ifndef SOCKETRACE_BPF_ADDRESSES_H
#define SOCKETRACE_BPF_ADDRESSES_H

#include "bpf/identity/config.h"
#include "bpf/kernel/read.h"

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
static __always_inline bool speaks_ipv4(const struct ends *a, bool ipv6only) {
  if (!(is_mapped(a->local) || is_any(a->local)) || !(is_mapped(a->remote) || is_any(a->remote)))
    return false;
  return !ipv6only;
}

static __always_inline bool words_match(const volatile struct st_addr_rule *rule, const __u32 *w,
                                        __u32 never) {
  if (((w[0] & rule->mask[0]) ^ rule->addr[0]) | never) return false;
  return (w[1] & rule->mask[1]) == rule->addr[1] && (w[2] & rule->mask[2]) == rule->addr[2] &&
         (w[3] & rule->mask[3]) == rule->addr[3];
}

static __always_inline bool addresses_match(__u16 family, const union st_address *local,
                                            const union st_address *remote, bool ipv6only) {
  bool ipv4 = family == AF_INET, ipv6 = family == AF_INET6;
  __u32 local4, remote4; /* the IPv4 words; of :: and of v4-mapped the last one */
  __u32 not4, not6;      /* all ones: rules of that kind do not match */
  struct ends a;

  if (!ipv4 && !ipv6) return false;
  __builtin_memcpy(a.local, local->bytes, 16);
  __builtin_memcpy(a.remote, remote->bytes, 16);
  local4 = ipv4 ? a.local[0] : a.local[3];
  remote4 = ipv4 ? a.remote[0] : a.remote[3];
  if (ipv6) ipv4 = speaks_ipv4(&a, ipv6only);
  not4 = (__u32)ipv4 - 1;
  not6 = (__u32)ipv6 - 1;
  /* With 16 rules what follows is the longest part of a program. */
  FORGET(not4);
  FORGET(not6);
  FORGET(local4);
  FORGET(remote4);

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

#endif
