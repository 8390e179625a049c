/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* count --by: who accepted or connected what, with which outcome. */
#ifndef SOCKETRACE_BPF_COUNT_KEYS_H
#define SOCKETRACE_BPF_COUNT_KEYS_H

#include "bpf/contract/count.h"
#include "bpf/follow/pending.h"
#include "bpf/identity/sections.h"

const volatile struct st_count_config st_count_config = {};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, ST_COUNT_KEYS);
  __type(key, struct st_count_key);
  __type(value, struct st_outcomes);
} by_key SEC(".maps");

/* Too large for the stack. Nobody else can be using it: the kernel never runs two programs of
 * system call tracepoints on one CPU at a time (bpf_prog_active). */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct st_count_key);
} key_scratch SEC(".maps");

static __always_inline __u16 address_family(const struct pending *p) {
  return p->address_length < 2 ? AF_UNSPEC : *(const __u16 *)p->address;
}

/* What was asked for is the remote end of a connect that failed: its socket has forgotten it.
 * False: that is no address of the socket's. */
static __always_inline bool aim(struct st_event *e, const struct pending *p) {
  __u16 family = address_family(p);

  if (!e->family) e->family = family;
  if (family == AF_INET && p->address_length >= 8) {
    e->remote_port = bpf_ntohs(*(const __u16 *)(p->address + 2));
    if (e->family == AF_INET) {
      __builtin_memcpy(e->remote.bytes, p->address + 4, 4);
    } else if (e->family == AF_INET6) { /* UDP takes it, and speaks IPv4 then */
      __builtin_memset(e->remote.bytes, 0, 10);
      e->remote.bytes[10] = e->remote.bytes[11] = 0xff;
      __builtin_memcpy(e->remote.bytes + 12, p->address + 4, 4);
    }
    return true;
  }
  if (family == AF_INET6 && e->family == AF_INET6 && p->address_length >= 24) {
    e->remote_port = bpf_ntohs(*(const __u16 *)(p->address + 2));
    __builtin_memcpy(e->remote.bytes, p->address + 8, 16);
    return true;
  }
  return e->family == AF_UNIX && p->address_length >= 2;
}

/* The remote end of a connect that is over. Of IP the socket knows where it went; the program's
 * memory may say something else by now, and may not have been there when the call began. */
static __always_inline bool find_remote(struct st_event *e, struct pending *p, __s64 result) {
  if (knows_where_it_went(e, result)) return true;
  if (!p->address_length && p->args[1]) read_pending_address(p);
  return aim(e, p);
}

/* A path ends at its NUL, however long the caller said that it was; an abstract name does not. */
static __always_inline void take_unix_name(struct st_count_key *key, const struct pending *p) {
  __u32 length = p->address_length - 2;

  if (p->address_length <= 2) return;
  if (p->address[2]) {
    long with_nul = bpf_probe_read_kernel_str(key->name, sizeof(key->name), p->address + 2);

    if (with_nul > 0) key->name_length = with_nul - 1;
    return;
  }
  asm volatile("" : "+r"(length));
  if (length > ST_UNIX_NAME_LEN) return;
  if (!bpf_probe_read_kernel(key->name, length, p->address + 2)) key->name_length = length;
}

static __always_inline void take_address(struct st_count_key *key, const struct st_event *e,
                                         const struct sock *sk, const struct pending *p) {
  key->family = e->family;
  if (is_inet(e)) {
    key->address = e->remote;
  } else if (e->family == AF_UNIX && bpf_core_type_exists(struct unix_sock)) {
    if (p)
      take_unix_name(key, p);
    else if (sk) /* clients are unnamed: the accepted end has the name that was listened at */
      read_unix_name(key->name, &key->name_length, sk);
  }
}

static __always_inline void take_provider(struct st_count_key *key, const struct sock *sk) {
  const struct proto *provider = sk ? BPF_CORE_READ(sk, __sk_common.skc_prot) : NULL;

  if (provider) BPF_CORE_READ_STR_INTO(&key->provider, provider, name);
}

static __always_inline struct st_count_key *make_key(struct st_event *e, const struct sock *sk,
                                                     const struct pending *p, bool named) {
  __u32 zero = 0;
  struct st_count_key *key = bpf_map_lookup_elem(&key_scratch, &zero);

  if (!key) return NULL;
  __builtin_memset(key, 0, sizeof(*key));
  bpf_get_current_comm(key->comm, sizeof(key->comm));
  switch (st_count_config.by) {
    case ST_BY_FAMILY:
      key->family = e->family;
      break;
    case ST_BY_PROTOCOL:
      key->family = e->family;
      key->protocol = e->protocol;
      take_provider(key, sk);
      break;
    case ST_BY_PID:
      read_task(e);
      key->tgid = e->tgid;
      break;
    case ST_BY_PORT:
      key->family = e->family;
      key->unnamed = is_inet(e) && p && !named;
      if (is_inet(e)) key->port = p ? e->remote_port : e->local_port;
      break;
    case ST_BY_ADDR:
      key->unnamed = is_inet(e) && !named;
      take_address(key, e, sk, p);
      break;
    default: /* ST_BY_COMM */
      break;
  }
  return key;
}

/* EALREADY: an attempt that has been counted when it was started. */
static __always_inline __u32 outcome_of(__u32 op, __s64 result) {
  if (op == ST_OP_ACCEPT) return result < 0 ? ST_ACCEPT_FAILED : ST_ACCEPTED;
  if (result == -EALREADY) return ST_OUTCOME_COUNT;
  if (result == -EINPROGRESS) return ST_CONNECT_STARTED;
  return result < 0 ? ST_CONNECT_FAILED : ST_CONNECTED;
}

static __always_inline void add_outcome(__u32 op, __s64 result, struct st_event *e,
                                        const struct sock *sk, const struct pending *p,
                                        bool named) {
  const struct st_outcomes none = {};
  __u32 outcome = outcome_of(op, result);
  struct st_outcomes *found;
  struct st_count_key *key;

  if (outcome >= ST_OUTCOME_COUNT) return;
  if (st_config.only_failed && outcome != ST_ACCEPT_FAILED && outcome != ST_CONNECT_FAILED) return;
  key = make_key(e, sk, p, named);
  if (!key) return;
  found = bpf_map_lookup_elem(&by_key, key);
  if (!found) {
    bpf_map_update_elem(&by_key, key, &none, BPF_NOEXIST); /* another CPU may be first */
    found = bpf_map_lookup_elem(&by_key, key);
  }
  if (found)
    __sync_fetch_and_add(&found->count[outcome], 1);
  else
    count_unseen();
}

#endif
