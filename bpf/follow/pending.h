/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A system call from its entry, where its arguments are, to its exit, where its result is. */
#ifndef SOCKETRACE_BPF_PENDING_H
#define SOCKETRACE_BPF_PENDING_H

#include "bpf/kernel/arguments.h"
#include "bpf/verdict/match.h"
#include "bpf/tell/state.h"

#define SOCKADDR_ROOM 128 /* sizeof(struct sockaddr_storage) */

struct call_enter { /* events/syscalls/sys_enter_connect/format in tracefs, and all like it */
  __u64 common, number;
  __u64 args[6];
};
struct call_exit {
  __u64 common, number;
  __s64 result;
};

struct pending {
  __u64 args[4];
  __u32 address_length;
  __u32 pad;
  __u8 address[SOCKADDR_ROOM]; /* connect: as the kernel takes it, now; zeroes behind it */
};

/* By thread. A killed thread passes the exit of its call as well: nothing stays behind. Allocated
 * beforehand: until 6.1 the kernel warns of tracing programs that allocate. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct pending);
} calls SEC(".maps");

/* As the kernel takes it; one that is not there yet, or not at all, has no bytes. */
static __always_inline void read_pending_address(struct pending *p) {
  __u32 length = p->args[2];

  if (length > SOCKADDR_ROOM) length = SOCKADDR_ROOM;
  asm volatile("" : "+r"(length));
  if (length <= SOCKADDR_ROOM && !bpf_probe_read_user(p->address, length, (const void *)p->args[1]))
    p->address_length = length;
}

/* The kernel lets no program read beyond the arguments that the call has. */
static __always_inline int call_begins(const struct call_enter *ctx, __u32 arguments,
                                       bool with_address) {
  __u64 thread = bpf_get_current_pid_tgid();
  struct st_event e = {};
  struct pending p = {};

  if (!st_state.enabled || !match_task(&e)) return 0;
  p.args[0] = ctx->args[0];
  p.args[1] = ctx->args[1];
  p.args[2] = ctx->args[2];
  if (arguments > 3) p.args[3] = ctx->args[3];
  if (with_address) read_pending_address(&p);
  if (bpf_map_update_elem(&calls, &thread, &p, BPF_ANY)) count_unseen();
  return 0;
}

/* Put together in its place: the stack has no room for it here. */
static const struct pending no_call = {};

/* Frames of their own, one after the other: all of a chain of calls share 512 bytes. */
static __noinline int task_matches(void) {
  struct st_event e = {};

  return match_task(&e);
}
static __noinline int keep_refused(__u32 number, bool with_address) {
  __u64 thread = bpf_get_current_pid_tgid();
  struct pending *p;
  struct arguments a;

  if (!arguments_of_task(&a, number)) return 0;
  if (bpf_map_update_elem(&calls, &thread, &no_call, BPF_ANY)) {
    count_unseen();
    return 0;
  }
  p = bpf_map_lookup_elem(&calls, &thread);
  if (!p) return 0;
  __builtin_memcpy(p->args, a.at, sizeof(p->args));
  if (with_address) read_pending_address(p);
  return 0;
}

/* The call that ends now, if it has begun under our eyes, or was refused before it began; forget it
 * afterwards. */
static __always_inline struct pending *call_ended(const struct call_exit *ctx, bool with_address) {
  __u64 thread = bpf_get_current_pid_tgid();
  struct pending *begun = bpf_map_lookup_elem(&calls, &thread);

  if (begun || !may_be_refused(ctx->result)) return begun;
  if (!st_state.enabled || !task_matches()) return NULL;
  keep_refused(ctx->number, with_address);
  return bpf_map_lookup_elem(&calls, &thread);
}
static __always_inline void forget_call(void) {
  __u64 thread = bpf_get_current_pid_tgid();

  bpf_map_delete_elem(&calls, &thread);
}

#endif
