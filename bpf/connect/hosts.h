/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that programs asked getaddrinfo for, by the addresses they got: an attempt's destination is
 * looked up here as its record is sent, so that no name comes too late.
 */
#ifndef SOCKETRACE_BPF_HOSTS_H
#define SOCKETRACE_BPF_HOSTS_H

#include "bpf/contract/connect.h"
#include "bpf/connect/stats.h"
#include "bpf/tell/emit.h"
#include "bpf/kernel/task.h"

#define MOST_ANSWERS 64 /* each address comes three times, unless a socket type was asked for */

struct host_key {
  __u64 start; /* of the process: the next one of its number is another; 0: whoever asked last */
  __u32 tgid;  /* of the initial pid namespace; 0 likewise */
  __u32 pad;
  __u8 address[16]; /* IPv4 as v4-mapped IPv6 */
};
struct host_name {
  __u32 length; /* without NUL */
  char text[ST_HOST_LEN];
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, struct host_key);
  __type(value, struct host_name);
} hosts SEC(".maps");

/* By thread: two of a process may ask at once. */
struct question {
  __u64 results; /* where the caller wants the list */
  struct host_name name;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct question);
} questions SEC(".maps");

struct answer { /* struct addrinfo of 64-bit programs: glibc's and musl's */
  __s32 flags, family, type, protocol;
  __u32 length, pad;
  __u64 address, canonical_name, next;
};

static __always_inline void map_ipv4(__u8 *address, const void *ipv4) {
  __builtin_memset(address, 0, 10);
  address[10] = address[11] = 0xff;
  __builtin_memcpy(address + 12, ipv4, 4);
}

static __always_inline void learn(const struct host_name *name, struct host_key *key, __u32 tgid) {
  key->start = process_start();
  key->tgid = tgid;
  bpf_map_update_elem(&hosts, key, name, BPF_ANY);
  key->start = 0;
  key->tgid = 0;
  bpf_map_update_elem(&hosts, key, name, BPF_ANY);
}

/* int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
 *                 struct addrinfo **res) */
SEC("?uprobe") int st_host_asked(struct pt_regs *ctx) {
  __u64 thread = bpf_get_current_pid_tgid();
  struct question question = {.results = PT_REGS_PARM4(ctx)};
  const void *node = (const void *)PT_REGS_PARM1(ctx);
  long length;

  if (!st_state.enabled || !node) return 0;
  length = bpf_probe_read_user_str(question.name.text, ST_HOST_LEN, node);
  if (length <= 1 || length > ST_HOST_LEN) return 0;
  question.name.length = length - 1;
  bpf_map_update_elem(&questions, &thread, &question, BPF_ANY);
  return 0;
}

SEC("?uretprobe") int st_host_answered(struct pt_regs *ctx) {
  __u64 thread = bpf_get_current_pid_tgid(), next = 0;
  struct question *question = bpf_map_lookup_elem(&questions, &thread);
  struct host_key key = {};
  struct answer answer;
  __u8 address[28]; /* struct sockaddr_in6 */

  if (!question) return 0;
  if (PT_REGS_RC(ctx) & 0xffffffff) goto done; /* EAI_*: there is no list */
  bpf_probe_read_user(&next, sizeof(next), (const void *)question->results);
  for (int i = 0; i < MOST_ANSWERS && next; i++) {
    if (bpf_probe_read_user(&answer, sizeof(answer), (const void *)next)) break;
    next = answer.next;
    if (answer.family == AF_INET) {
      if (bpf_probe_read_user(address, 16, (const void *)answer.address)) continue;
      map_ipv4(key.address, address + 4);
    } else if (answer.family == AF_INET6) {
      if (bpf_probe_read_user(address, 28, (const void *)answer.address)) continue;
      __builtin_memcpy(key.address, address + 8, 16);
    } else {
      continue;
    }
    learn(&question->name, &key, thread >> 32);
  }
  if (next) ADD_STAT(names_cut, 1);
done:
  bpf_map_delete_elem(&questions, &thread);
  return 0;
}

/* Puts the destination's name behind `used` bytes of text. */
static __always_inline void name_host(struct st_connect *told, __u64 used) {
  struct host_key key = {.start = told->process_start, .tgid = told->process};
  const struct host_name *name;

  if (told->address_taken < 8) return;
  if (*(const __u16 *)told->address == AF_INET)
    map_ipv4(key.address, told->address + 4);
  else if (*(const __u16 *)told->address == AF_INET6)
    __builtin_memcpy(key.address, told->address + 8, 16);
  else
    return;
  name = bpf_map_lookup_elem(&hosts, &key);
  if (!name) {
    key.start = 0;
    key.tgid = 0;
    name = bpf_map_lookup_elem(&hosts, &key);
    if (!name) return;
    told->flags |= ST_CONNECT_HOST_FOREIGN;
  }
  asm volatile("" : "+r"(used)); /* up to 6.12 the verifier forgets a bound when it is spilled */
  if (used > ST_TEXT_LEN - ST_HOST_LEN ||
      bpf_probe_read_kernel(told->text + used, ST_HOST_LEN, name->text))
    return;
  told->host_length = name->length;
}

#endif
