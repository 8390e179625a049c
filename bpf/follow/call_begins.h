/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the beginning of a call leaves for its end: what is gone or overwritten by then. That is the
 * socket of close, an address that another thread could change, the room for an answer.
 */
#ifndef SOCKETRACE_BPF_CALL_BEGINS_H
#define SOCKETRACE_BPF_CALL_BEGINS_H

#include "bpf/kernel/arguments.h"
#include "bpf/kernel/descriptor.h"
#include "bpf/identity/identity.h"
#include "bpf/identity/sections.h"
#include "bpf/kernel/sockaddr.h"

struct st_unseen st_unseen = {};

struct begun {
  __u64 sock; /* behind the descriptor */
  __u32 call; /* enum st_call: what a killed thread left behind is no other's */
  __u32 room; /* for the address of the sender */
  struct address address;
  /* The socket's remote end, of a call that sends: a connection that it began by TCP fast open, and
   * that was refused, has none afterwards. */
  union st_address remote;
  __u16 remote_port;
  __u16 pad[3];
  /* For the end: this does not fit on the stack. */
  struct st_event event;
};
struct closing {
  struct st_event event;
  struct st_unix unix_names;
};

/* By thread. Not LRU: a call that blocks for days is not to be forgotten. Every call that begins
 * also ends, be it by a signal that kills. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, struct begun);
} begun SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct closing);
} closings SEC(".maps");

static const struct begun nothing_begun = {.call = ST_CALL_COUNT, .room = ~0u};
static const struct closing nothing_closing = {};

static __always_inline struct begun *begin(__u32 thread) {
  bpf_map_update_elem(&begun, &thread, &nothing_begun, BPF_ANY);
  return bpf_map_lookup_elem(&begun, &thread);
}

static __always_inline void keep_remote(struct begun *kept) {
  const struct sock *sk = (const void *)(unsigned long)kept->sock;
  __u16 family;

  if (!sk) return;
  family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (family == AF_INET || family == AF_INET6)
    kept->remote_port = read_remote_end(&kept->remote, family, sk);
}

/* The whole identity of a socket whose ends no call names. */
static __always_inline void identify(struct st_event *e, struct subject *s) {
  if (!s->sk) {
    e->flags |= ST_HIT_NO_OBJECT;
    return;
  }
  read_head(e, s);
  if (!(e->flags & ST_HIT_FRESH)) read_rest(e, s);
  s->has_rest = true;
}

static __always_inline bool is_full_unix(const struct st_event *e, const struct subject *s) {
  return e->family == AF_UNIX && is_full(e, s) && bpf_core_type_exists(struct unix_sock);
}

static __always_inline void begin_close(__u32 thread, __u32 fd) {
  struct subject s = {.sk = sock_of_descriptor(fd)};
  struct closing *kept;

  if (!s.sk) return;
  bpf_map_update_elem(&closings, &thread, &nothing_closing, BPF_ANY);
  kept = bpf_map_lookup_elem(&closings, &thread);
  if (!kept) {
    __sync_fetch_and_add(&st_unseen.unfollowed, 1);
    return;
  }
  identify(&kept->event, &s);
  if (!match_subject(&kept->event, &s)) {
    bpf_map_delete_elem(&closings, &thread);
    return;
  }
  complete(&kept->event, &s);
  if (!is_full_unix(&kept->event, &s)) return;
  kept->event.sections |= ST_SECTION_UNIX;
  read_unix(&kept->unix_names, &kept->event, s.sk);
}

#endif
