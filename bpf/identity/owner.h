/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose socket is it? Most changes of state happen in softirq, where the current task is whoever
 * was interrupted: the owner is noted when a process acts on its socket, and looked up later.
 */
#ifndef SOCKETRACE_BPF_OWNER_H
#define SOCKETRACE_BPF_OWNER_H

#include "bpf/identity/sock.h"
#include "bpf/kernel/task.h"

struct owner {
  __u32 tgid, tid; /* as st_event has them; 0: unknown */
  __u32 uid;
  __u32 pad;
  char comm[ST_COMM_LEN];
} __attribute__((aligned(8)));

/* By address of the struct sock. Every birth of a sock that we hear of overwrites what an earlier
 * one at the same address left; the least recently used go when it is full. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct owner);
} owners SEC(".maps");

/* Of listeners, for their children: those are born in softirq, long before anybody accepts them,
 * and have the listener's family. */
struct listener {
  __u32 netns;
  __u16 family;
  __u16 port;
  union st_address address; /* zeroes: any */
};
struct listening {
  struct owner owner;
  __u64 sock; /* the last one to listen there (SO_REUSEPORT) */
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct listener);
  __type(value, struct listening);
} listeners SEC(".maps");

static __always_inline struct owner current_owner(void) {
  struct st_event e = {};
  struct owner owner = {};

  read_task(&e);
  owner.tgid = e.tgid;
  owner.tid = e.tid;
  owner.uid = effective_uid();
  bpf_get_current_comm(owner.comm, sizeof(owner.comm));
  return owner;
}

/* A process, and no thread of the kernel: those close what was in flight or left behind. */
static __always_inline bool is_user_task(void) {
  const struct task_struct *task = (const void *)bpf_get_current_task();

  return !(BPF_CORE_READ(task, flags) & 0x00200000); /* PF_KTHREAD */
}

static __always_inline void note_owner(__u64 sk, const struct owner *owner) {
  bpf_map_update_elem(&owners, &sk, owner, BPF_ANY);
}

static __always_inline struct listener listener_at(const struct st_event *e) {
  return (struct listener){e->netns, e->family, e->local_port, e->local};
}
static __always_inline void note_listener(const struct st_event *e, const struct owner *owner) {
  struct listener at = listener_at(e);
  struct listening listening = {.owner = *owner, .sock = e->sock};

  bpf_map_update_elem(&listeners, &at, &listening, BPF_ANY);
}
/* Who comes later to its port is somebody else. */
static __always_inline void forget_listener(const struct st_event *e) {
  struct listener at = listener_at(e);
  const struct listening *known = bpf_map_lookup_elem(&listeners, &at);

  if (known && known->sock == e->sock) bpf_map_delete_elem(&listeners, &at);
}
/* Of a child: who listens at its address, else at all of them. */
static __always_inline struct owner owner_of_listener(const struct st_event *e) {
  struct listener at = listener_at(e);
  const struct listening *known = bpf_map_lookup_elem(&listeners, &at);
  struct owner nobody = {};

  if (!known) {
    __builtin_memset(&at.address, 0, sizeof(at.address));
    known = bpf_map_lookup_elem(&listeners, &at);
  }
  return known ? known->owner : nobody;
}

static __always_inline void put_owner(struct st_event *e, const struct owner *owner) {
  e->tgid = owner->tgid;
  e->tid = owner->tid;
  __builtin_memcpy(e->comm, owner->comm, sizeof(e->comm));
}

/* A change that only a system call makes, never a packet or a timer: the current task is the one
 * that acts. To FIN_WAIT1 and LAST_ACK it is close or shutdown. */
static __always_inline bool made_by_call(__u32 old, __u32 now) {
  return now == TCP_SYN_SENT || now == TCP_LISTEN || old == TCP_LISTEN ||
         (now == TCP_FIN_WAIT1 && old == TCP_ESTABLISHED) || now == TCP_LAST_ACK;
}

/* The owner at a change of state, after read_head, read_rest and read_netns. */
static __always_inline struct owner owner_at_change(const struct st_event *e, __u32 old,
                                                    __u32 now) {
  struct owner owner = {}, *known;
  __u64 key = e->sock;

  if (old == TCP_LISTEN && now == TCP_SYN_RECV) { /* a child, in softirq */
    owner = owner_of_listener(e);
    note_owner(key, &owner);
    return owner;
  }
  if (old == TCP_LISTEN) forget_listener(e);
  if (made_by_call(old, now) && is_user_task()) {
    owner = current_owner();
    note_owner(key, &owner);
    if (now == TCP_LISTEN) note_listener(e, &owner);
  } else {
    known = bpf_map_lookup_elem(&owners, &key);
    if (known) owner = *known;
  }
  if (now == TCP_CLOSE) bpf_map_delete_elem(&owners, &key);
  return owner;
}

/* Whichever way the owner was found, the verifier goes on from here in one state: the lists of
 * names, processes and addresses are long. */
static __always_inline void forget_origin(struct st_event *e, struct owner *owner) {
  __u64 *comm = (void *)owner->comm;

  FORGET(owner->tgid);
  FORGET(owner->uid);
  FORGET(comm[0]);
  FORGET(comm[1]);
  forget_ways(e);
}

#endif
