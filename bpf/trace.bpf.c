/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * socketrace trace: one body for every traced function, behind one program where probes have
 * cookies (5.15+), else behind one small program for each kind and position of the argument.
 */
#include "bpf/contract/event.h"
#include "bpf/kernel/kernel.h"
#include "bpf/verdict/match.h"
#include "bpf/identity/identity.h"
#include "bpf/kernel/context.h"
#include "bpf/identity/sections.h"
#include "bpf/tell/emit.h"
#include "bpf/verdict/quick.h"
#include "bpf/tell/plain.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Records with more than the event are put together here: they do not fit on the 512-byte stack.
 * Nobody else can be using it: the kernel never runs two kprobe-type programs on one CPU at a time
 * (bpf_prog_active; interrupts and NMIs included, such a hit is counted as missed), and neither
 * preemption nor migration moves us to another CPU's copy while a program runs.
 */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct st_record);
} scratch SEC(".maps");

/* Everything up to `length` is written anew: nothing of an earlier hit may be left in there. */
static __always_inline void emit_sections(void *ctx, struct st_event *e, const struct subject *s,
                                          const void *object, __u32 kind,
                                          struct st_stats *counters) {
  __u32 zero = 0;
  __u64 length = __builtin_offsetof(struct st_record, unix_names);
  struct st_record *r = bpf_map_lookup_elem(&scratch, &zero);

  if (!r) return;
  if (st_config.want_details) {
    e->sections |= ST_SECTION_DETAILS;
    read_details(&r->details, e, s, object, kind);
  } else {
    __builtin_memset(&r->details, 0, sizeof(r->details));
  }
  if (e->family == AF_UNIX && is_full(e, s) && bpf_core_type_exists(struct unix_sock)) {
    e->sections |= ST_SECTION_UNIX;
    read_unix(&r->unix_names, e, s->sk);
    length = __builtin_offsetof(struct st_record, frames);
  } else if (st_config.want_stack) {
    __builtin_memset(&r->unix_names, 0, sizeof(r->unix_names));
  }
  if (st_config.want_stack) {
    long got = bpf_get_stack(ctx, r->frames, sizeof(r->frames), 0);

    if (got > 0 && got <= (long)sizeof(r->frames)) {
      e->sections |= ST_SECTION_STACK;
      length = __builtin_offsetof(struct st_record, frames) + got;
    } else {
      e->flags |= ST_HIT_STACK_FAILED;
      counters->stack_failed++;
    }
  }
  e->length = length;
  r->event = *e;
  if (!st_config.comm_count) bpf_get_current_comm(r->event.comm, sizeof(r->event.comm));
  emit(r, length, counters);
}

/* Whatever of the kernel's objects, filters and sections there is. */
static __always_inline int general_hit(void *ctx, const void *object, __u32 kind, __u32 func,
                                       __u64 ip, bool context, bool direct) {
  struct subject s = {.direct = direct};
  struct st_event e = {}; /* no helper gets at it: registers, and only what is needed */
  struct st_stats *counters;

  if (!match_hit(&e, &s, object, kind, context)) return 0;

  complete(&e, &s);
  counters = this_cpu_stats();
  if (!counters) return 0;
  e.time_ns = bpf_ktime_get_ns();
  e.ip = ip;
  e.object = (__u64)(unsigned long)object;
  e.func = func;
  e.cpu = bpf_get_smp_processor_id();
  e.kind = kind;
  if (context) e.flags |= context_flags();
  if (st_config.want_details || st_config.want_stack || e.family == AF_UNIX) {
    emit_sections(ctx, &e, &s, object, kind, counters);
  } else {
    e.length = sizeof(e);
    emit_event(&e, counters);
  }
  return 0;
}

static __always_inline int hit(void *ctx, const void *object, __u32 kind, __u32 func, __u64 ip,
                               bool context) {
  if (!st_state.enabled || limit_reached()) return 0;
  return general_hit(ctx, object, kind, func, ip, context, false);
}

static __noinline int general_direct_hit(const struct hit *h) {
  if (!is_wanted()) return 0;
  return general_hit(h->ctx, h->object, ST_COOKIE_KIND(h->cookie), ST_COOKIE_FUNC(h->cookie), 0,
                     true, true);
}

/* These two are functions for the same reason as tell_if_plain. */
static __noinline int task_passes(void) {
  struct st_event task = {};

  return match_ids_in(&task, true);
}

static __noinline int learn_cookie(struct hit *h) {
  h->cookie = ask_cookie(h->ctx);
  return 0;
}

/* What is left after sifting. */
static __always_inline int tell(const struct hit *h, const struct found *f, enum verdict verdict) {
  if (verdict == ST_NO_MATCH) return 0;
  if (verdict == ST_GENERAL || !st_config.quick ||
      tell_if_plain(h, f->at, verdict == ST_SOCK, f->ports) == ST_GENERAL)
    general_direct_hit(h);
  return 0;
}

/* Most hits are none of those that are wanted: first what costs little and rejects most. */
static __always_inline int direct_hit(struct pt_regs *ctx) {
  struct hit h;
  struct found f = {};
  enum verdict verdict;
  __u64 cookie = kept_cookie(PT_REGS_IP(ctx));

  h.ctx = ctx;
  h.cookie = cookie;
  if (!is_cookie(cookie)) {
    learn_cookie(&h);
    ctx = h.ctx;
    cookie = h.cookie;
  }
  if (st_config.detour) {
    if (st_config.unsifted) {
      h.object = argument(ctx, cookie);
      return tell(&h, &f, ST_GENERAL);
    }
    if (!task_passes()) return 0;
    ctx = h.ctx;
    cookie = h.cookie;
  }
  if (cookie >= ST_COOKIE(0, ST_KIND_SK_BUFF, 1)) {
    h.object = argument_of(ctx, cookie, ST_KIND_SK_BUFF);
    verdict = sift(&f, h.object, ST_KIND_SK_BUFF);
  } else if (cookie >= ST_COOKIE(0, ST_KIND_SOCKET, 1)) {
    h.object = argument_of(ctx, cookie, ST_KIND_SOCKET);
    verdict = sift(&f, h.object, ST_KIND_SOCKET);
  } else {
    h.object = argument_of(ctx, cookie, ST_KIND_SOCK);
    verdict = sift(&f, h.object, ST_KIND_SOCK);
  }
  return tell(&h, &f, verdict);
}

#include "bpf/functions.h"
