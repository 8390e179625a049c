/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How an attempt begins: who connects which socket to where, and does the filter let it pass?
 *
 * What the call names is in the program's memory, where it may not be there yet, and where another
 * thread may write. Of IP the sock knows both ends once it has sent its SYN or the call has
 * succeeded: they are taken from it, and the filters of addresses and ports asked again.
 */
#ifndef SOCKETRACE_BPF_BEGIN_H
#define SOCKETRACE_BPF_BEGIN_H

#include "bpf/connect/attempts.h"
#include "bpf/kernel/descriptor.h"
#include "bpf/verdict/match.h"
#include "bpf/kernel/task.h"

#define PF_KTHREAD 0x00200000

/* Attempts begin in process context, where nothing but a softirq comes between, and in softirq none
 * begins: nobody else can be using it. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct attempt);
} scratch SEC(".maps");

static __always_inline struct attempt *new_attempt(void) {
  __u32 zero = 0;
  struct attempt *a = bpf_map_lookup_elem(&scratch, &zero);

  if (!a) return NULL;
  __builtin_memset(a, 0, __builtin_offsetof(struct st_connect, text));
  a->named = 0;
  a->flags = a->outcome = a->followed = a->decided = a->passed = a->ipv6only = 0;
  return a;
}

static __always_inline void read_address(struct attempt *a, const void *from, __u32 length) {
  struct st_connect *told = &a->told;

  a->named = (unsigned long)from;
  a->flags &= ~ST_CONNECT_FAULT;
  told->address_length = length;
  if (!from) {
    a->flags |= ST_CONNECT_NO_ADDRESS;
    return;
  }
  if (length > ST_SOCKADDR_LEN) length = ST_SOCKADDR_LEN;
  asm volatile("" : "+r"(length));
  if (length > ST_SOCKADDR_LEN) return;
  if (length && bpf_probe_read_user(told->address, length, from)) {
    a->flags |= ST_CONNECT_FAULT;
    return;
  }
  told->address_taken = length;
}

static __always_inline __u16 address_family(const struct st_connect *told) {
  return told->address_taken < 2 ? AF_UNSPEC : *(const __u16 *)told->address;
}

/* One that could not be read yet may be one. */
static __always_inline bool names_an_address(const struct attempt *a) {
  if (a->flags & ST_CONNECT_FAULT) return true;
  return a->told.address_taken >= 2 && address_family(&a->told) != AF_UNSPEC;
}

/* The remote end is what was asked for: the sock learns it in the call, if at all. */
static __always_inline void aim(struct st_event *e, const struct st_connect *told) {
  __u16 family = address_family(told);

  if (!e->family) e->family = family;
  if (family == AF_INET && is_inet(e)) {
    e->remote_port = bpf_ntohs(*(const __u16 *)(told->address + 2));
    if (e->family == AF_INET6) { /* UDP takes it, and speaks IPv4 then */
      __builtin_memset(e->remote.bytes, 0, 10);
      e->remote.bytes[10] = e->remote.bytes[11] = 0xff;
      __builtin_memcpy(e->remote.bytes + 12, told->address + 4, 4);
    } else {
      __builtin_memcpy(e->remote.bytes, told->address + 4, 4);
    }
  } else if (family == AF_INET6 && e->family == AF_INET6) {
    e->remote_port = bpf_ntohs(*(const __u16 *)(told->address + 2));
    __builtin_memcpy(e->remote.bytes, told->address + 8, 16);
  }
}

/* False: the sock has no other end; one that failed to connect has forgotten it. */
static __always_inline bool learn_ends(struct st_event *e, const struct sock *sk) {
  union st_address remote = {};
  __u16 local_port, remote_port;

  if (!sk || !is_inet(e)) return false;
  remote_port = read_remote_end(&remote, e->family, sk);
  if (!is_an_end(&remote, remote_port)) return false;
  e->remote = remote;
  local_port = read_local_end(&e->local, e->family, sk);
  if (e->flags & ST_HIT_NO_PORTS) return true;
  e->remote_port = remote_port;
  e->local_port = local_port;
  return true;
}

/* Do the filters of addresses and ports let it pass, by all that is known of its ends? Not static:
 * the verifier looks at it once; on 5.10, with full lists, it did not come to an end otherwise. */
__noinline int st_ends_pass(__u64 key) {
  struct attempt *a = bpf_map_lookup_elem(&attempts, &key);
  struct subject s = {};

  if (!a) return false;
  s.ipv6only = a->ipv6only;
  return match_ends(&a->told.event, &s);
}

static __always_inline void read_program(struct attempt *a) {
  struct st_connect *told = &a->told;
  struct exe exe;
  __u32 space;
  __u64 used;
  char *args;
  bool cut;

  if (BPF_CORE_READ(current_task(), flags) & PF_KTHREAD) {
    a->flags |= ST_CONNECT_KERNEL;
    return;
  }
  exe = read_exe(told->text, ST_EXE_ROOM);
  used = exe.length;
  if (exe.cut) a->flags |= ST_CONNECT_EXE_CUT;
  if (exe.deleted) a->flags |= ST_CONNECT_EXE_DELETED;
  if (exe.in_memory) a->flags |= ST_CONNECT_EXE_MEMORY;
  space = mount_namespace();
  if (space != st_connect_config.mount_ns) told->mount_ns = space;
  asm volatile("" : "+r"(used)); /* as in read_exe; a spilled pointer keeps its bounds */
  if (used > ST_EXE_ROOM + LONGEST_NAME) return;
  args = told->text + used;
  asm volatile("" : "+r"(args));
  told->exe_length = used;
  if (!st_connect_config.want_args) return;
  told->args_length = read_args(args, ST_ARGS_LEN, &cut);
  if (cut) a->flags |= ST_CONNECT_ARGS_CUT;
}

/* It passes, and is one of those that will be told. In process context. */
static __always_inline void accept(struct attempt *a) {
  a->passed = 1;
  ADD_STAT(begun, 1);
  read_program(a);
}

/* The rest of an attempt that passed the filter. */
static __always_inline void fill(struct attempt *a) {
  struct st_event *e = &a->told.event;

  e->time_ns = bpf_ktime_get_ns();
  e->cpu = bpf_get_smp_processor_id();
  a->told.uid = effective_uid();
  a->told.real_uid = real_uid();
  a->told.process = bpf_get_current_pid_tgid() >> 32;
  a->told.process_start = process_start();
  bpf_get_current_comm(a->told.event.comm, sizeof(a->told.event.comm));
}

#endif
