/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* count functions: hits of each function, matched exactly as the main command matches them. */
#ifndef SOCKETRACE_BPF_COUNT_FUNCTIONS_H
#define SOCKETRACE_BPF_COUNT_FUNCTIONS_H

#include "bpf/verdict/cookie.h"
#include "bpf/identity/identity.h"
#include "bpf/tell/state.h"

/* By the function's index in the cookie; user space sets the size. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} by_function SEC(".maps");

/* Where the cookie does not tell it (probe events share one) or there is none: by its address. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 1);
  __type(key, __u64);
  __type(value, __u64);
} by_address SEC(".maps");

static __always_inline int count_hit(const void *object, const void *packet, __u64 cookie, __u64 ip,
                                     bool context, bool direct) {
  __u32 kind = ST_COOKIE_KIND(cookie), func = ST_COOKIE_FUNC(cookie);
  struct subject s = {.direct = direct};
  struct st_event task = {};
  __u64 *count, none = 0;

  if (!st_state.enabled) return 0;
  if (filters_by_subject()) {
    s.scene = new_scene();
    if (!s.scene || !match_hit(&s.scene->record.event, &s, object, kind, packet, context)) return 0;
  } else if (!match_task_in(&task, context)) {
    return 0;
  }

  if (func != ST_FUNC_UNKNOWN) {
    count = bpf_map_lookup_elem(&by_function, &func);
  } else {
    count = bpf_map_lookup_elem(&by_address, &ip);
    if (!count) {
      bpf_map_update_elem(&by_address, &ip, &none, BPF_NOEXIST); /* another CPU may be first */
      count = bpf_map_lookup_elem(&by_address, &ip);
    }
  }
  /* No atomics: on one CPU kprobe programs never run inside each other (bpf_prog_active). */
  if (count)
    ++*count;
  else
    count_unseen();
  return 0;
}

static __always_inline int hit(void *ctx, const void *object, const void *packet, __u64 cookie,
                               __u64 ip, bool context) {
  return count_hit(object, packet, cookie, ip, context, false);
}
static __always_inline int direct_hit(struct pt_regs *ctx) {
  __u64 cookie = multi_cookie(ctx);

  return count_hit(argument(ctx, cookie), packet_argument(ctx, cookie), cookie, 0, true, true);
}

#endif
