/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring buffer: limit, wakeups, and every hit that does not get through counted. */
#ifndef SOCKETRACE_BPF_EMIT_H
#define SOCKETRACE_BPF_EMIT_H

#include "bpf/verdict/match.h"
#include "bpf/tell/state.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20); /* the default; user space sets it before loading */
} ring SEC(".maps");

static __always_inline bool limit_reached(void) {
  return st_config.limit && st_state.emitted >= st_config.limit;
}

/* Waking the reader costs fifty times a record: only when enough is waiting, or at the end. The
 * reader also looks by itself a few times a second; after a while without a record it sleeps until
 * it is told of the next one. Should that word be missed, for the two do not lock each other out,
 * it still looks once a second. Each CPU asks once for every eighth of the mark that it has sent: a
 * reader who does not keep up is not woken by every single hit. */
static __always_inline __u64 wakeup_flags(__u64 length, struct st_stats *counters) {
  if (!st_config.wakeup_bytes)
    return 0; /* the kernel's choice: at once when the reader has caught up */
  if (limit_reached()) return BPF_RB_FORCE_WAKEUP;
  if (st_state.reader_sleeps) {
    st_state.reader_sleeps = 0;
    return BPF_RB_FORCE_WAKEUP;
  }
  counters->unasked += length;
  if (counters->unasked < st_config.wakeup_bytes / 8) return BPF_RB_NO_WAKEUP;
  counters->unasked = 0;
  if (bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < st_config.wakeup_bytes) return BPF_RB_NO_WAKEUP;
  return BPF_RB_FORCE_WAKEUP;
}

/* Below 5.12 atomics give no result back: look, then add. As many CPUs may go over the limit at the
 * same moment; user space cuts. The counters of a CPU are changed by tracepoints that interrupt
 * each other there as well. */
static __always_inline void count_matched(struct st_stats *counters) {
  __sync_fetch_and_add(&counters->matched, 1);
  if (st_config.limit) __sync_fetch_and_add(&st_state.emitted, 1);
}
static __always_inline void count_lost(struct st_stats *counters) {
  __sync_fetch_and_add(&counters->lost, 1);
  if (st_config.limit) /* a lost hit is not one of those the reader waits for */
    __sync_fetch_and_add(&st_state.emitted, -1);
}

/* A record that is not just the event. */
static __always_inline void emit(const void *record, __u64 length, struct st_stats *counters) {
  __u64 flags;

  count_matched(counters);
  flags = wakeup_flags(length, counters);
  /* Up to 6.12 the verifier forgets a bound when the register is spilled: show it once more. */
  asm volatile("" : "+r"(length));
  if (length > sizeof(struct st_record) ||
      bpf_ringbuf_output(&ring, (void *)record, length, flags) != 0)
    count_lost(counters);
}

/* A record of fixed size that is put together in the ring itself: reserve, fill, submit. */
static __always_inline void *reserve(__u64 size, struct st_stats *counters) {
  void *slot = bpf_ringbuf_reserve(&ring, size, 0);

  count_matched(counters);
  if (!slot) count_lost(counters);
  return slot;
}
static __always_inline void submit(void *slot, __u64 size, struct st_stats *counters) {
  bpf_ringbuf_submit(slot, wakeup_flags(size, counters));
}

/* Straight into the ring: no second copy. */
static __always_inline void emit_event(const struct st_event *e, struct st_stats *counters) {
  struct st_event *slot = reserve(sizeof(*slot), counters);

  if (!slot) return;
  *slot = *e;
  bpf_get_current_comm(slot->comm, sizeof(slot->comm));
  submit(slot, sizeof(*slot), counters);
}

#endif
