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

/* What more than the event is wanted of a hit, each part at its place. What a part that is left out
 * had of an earlier hit is cleared if another one follows. */
static __always_inline void emit_sections(void *ctx, const struct subject *s, const void *object,
                                          __u32 kind, struct st_stats *counters) {
  __u64 length = __builtin_offsetof(struct st_record, more);
  struct st_record *r = &s->scene->record;
  struct st_event *e = &r->event;

  if (e->sections & ST_SECTION_ENDS)
    length = __builtin_offsetof(struct st_record, details);
  else
    __builtin_memset(&r->more, 0, sizeof(r->more));
  if (st_config.want_details) {
    e->sections |= ST_SECTION_DETAILS;
    length = __builtin_offsetof(struct st_record, unix_names);
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
  bpf_get_current_comm(e->comm, sizeof(e->comm));
  emit(r, length, counters);
}

/* Whatever of the kernel's objects, filters and sections there is. */
static __always_inline int general_hit(void *ctx, const void *object, const void *packet,
                                       __u64 cookie, __u64 ip, bool context, bool direct) {
  struct subject s = {.direct = direct, .scene = new_scene()};
  __u32 kind = ST_COOKIE_KIND(cookie);
  struct st_stats *counters;
  struct st_event *e;

  if (!s.scene) return 0;
  e = &s.scene->record.event;
  if (!match_hit(e, &s, object, kind, packet, context)) return 0;

  complete(e, &s);
  counters = this_cpu_stats();
  if (!counters) return 0;
  e->time_ns = bpf_ktime_get_ns();
  e->ip = ip;
  e->object = (__u64)(unsigned long)object;
  e->func = ST_COOKIE_FUNC(cookie);
  e->cpu = bpf_get_smp_processor_id();
  e->kind = kind;
  if (context) e->flags |= context_flags();
  if (st_config.want_details || st_config.want_stack || e->family == AF_UNIX ||
      e->sections & ST_SECTION_ENDS) {
    emit_sections(ctx, &s, object, kind, counters);
  } else {
    e->length = sizeof(*e);
    emit_event(e, counters);
  }
  return 0;
}

static __always_inline int hit(void *ctx, const void *object, const void *packet, __u64 cookie,
                               __u64 ip, bool context) {
  if (!st_state.enabled || limit_reached()) return 0;
  return general_hit(ctx, object, packet, cookie, ip, context, false);
}

static __noinline int general_direct_hit(const struct hit *h) {
  if (!is_wanted()) return 0;
  return general_hit(h->ctx, h->object, h->packet, h->cookie, 0, true, true);
}

/* These two are functions for the same reason as tell_if_plain. */
__noinline int task_passes(void) {
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
      tell_if_plain(h, f->at, verdict == ST_SOCK, f->ports, f->packet) == ST_GENERAL)
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
      h.packet = packet_argument(ctx, cookie);
      return tell(&h, &f, ST_GENERAL);
    }
    if (!task_passes()) return 0;
    ctx = h.ctx;
    cookie = h.cookie;
  }
  h.packet = NULL;
  if (cookie >= ST_COOKIE(0, ST_KIND_SK_BUFF, 1, 0)) {
    h.object = argument_of(ctx, cookie, ST_KIND_SK_BUFF);
    verdict = sift(&f, &h, ST_KIND_SK_BUFF);
  } else {
    if (ST_COOKIE_PACKET(cookie)) h.packet = packet_argument(ctx, cookie);
    if (cookie >= ST_COOKIE(0, ST_KIND_SOCKET, 1, 0)) {
      h.object = argument_of(ctx, cookie, ST_KIND_SOCKET);
      verdict = sift(&f, &h, ST_KIND_SOCKET);
    } else {
      h.object = argument_of(ctx, cookie, ST_KIND_SOCK);
      verdict = sift(&f, &h, ST_KIND_SOCK);
    }
  }
  return tell(&h, &f, verdict);
}

#include "bpf/functions.h"
