/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Do the names or the files of unix sockets match what is dumped? */
#ifndef SOCKETRACE_BPF_DUMP_NAMES_H
#define SOCKETRACE_BPF_DUMP_NAMES_H

#include "bpf/contract/dump.h"
#include "bpf/identity/sections.h"

const volatile struct st_dump_config st_dump = {};

/* One byte of a name moves the states of st_dump.glob on. Global functions: the verifier looks at
 * them once and by themselves, and takes what they return for any number. Inlined, it would follow
 * every bit of the states through every byte of the name. */
__noinline __u64 st_glob_low(__u64 low, __u32 byte) {
  byte &= 0xff;
  return (low & st_dump.glob.star[0]) | (low & st_dump.glob.accept[byte][0]) << 1;
}
/* `low` as it was before this byte: its uppermost state moves into `high`. */
__noinline __u64 st_glob_high(__u64 high, __u32 byte, __u64 low) {
  byte &= 0xff;
  return (high & st_dump.glob.star[1]) | (high & st_dump.glob.accept[byte][1]) << 1 |
         (low & st_dump.glob.accept[byte][0]) >> 63;
}

/* A path ends at its NUL, an abstract name begins with one. */
static __noinline bool name_matches(const char *name, __u32 length) {
  __u64 low = 1, high = 0;

  if (!length || (name[0] == 0) != (st_dump.glob.abstract != 0)) return false;
  for (__u32 i = st_dump.glob.abstract ? 1 : 0; i < ST_UNIX_NAME_LEN; i++) {
    __u8 byte = name[i];

    if (i >= length || (!byte && !st_dump.glob.abstract)) break;
    high = st_glob_high(high, byte, low);
    low = st_glob_low(low, byte);
    if (!(low | high)) return false; /* mostly at the first byte that differs */
  }
  return ((st_dump.glob.tokens < 64 ? low >> (st_dump.glob.tokens & 63)
                                    : high >> (st_dump.glob.tokens & 63)) &
          1) != 0;
}

/* Also once and for all. `address` is that of a struct sock. */
__noinline int st_sock_name_matches(__u64 address) {
  char name[ST_UNIX_NAME_LEN] = {};
  __u16 length = 0;

  read_unix_name(name, &length, (const void *)address);
  return name_matches(name, length);
}

/* Is it bound to a file of the same name in the same folder? `address` is that of a struct sock. */
__noinline int st_in_same_place(__u64 address) {
  const struct unix_sock *sk = (const void *)address;
  const struct dentry *dentry = BPF_CORE_READ(sk, path.dentry);
  const struct inode *folder = BPF_CORE_READ(dentry, d_parent, d_inode);
  char name[ST_UNIX_NAME_LEN] = {};
  __u8 differs = 0;

  if (!folder || BPF_CORE_READ(folder, i_ino) != st_dump.folder_inode ||
      BPF_CORE_READ(folder, i_sb, s_dev) != st_dump.file_device)
    return false;
  bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
  for (__u32 i = 0; i < ST_UNIX_NAME_LEN; i++) differs |= name[i] ^ st_dump.file_name[i];
  return !differs;
}

enum match {
  NO_MATCH,
  MATCHES,
  MATCHES_OTHER_FILE, /* than there was when we came: it was bound anew */
};

/* The end of a connection that accept gave has the path of its listener. */
static __always_inline enum match sock_matches(const struct sock *sk) {
  const struct inode *inode;

  if (st_dump.match_all) return MATCHES;
  if (!sk) return NO_MATCH;
  if (!st_dump.by_file) return st_sock_name_matches((unsigned long)sk) ? MATCHES : NO_MATCH;
  inode = BPF_CORE_READ((const struct unix_sock *)sk, path.dentry, d_inode);
  if (!inode) return NO_MATCH;
  if (BPF_CORE_READ(inode, i_ino) == st_dump.file_inode &&
      BPF_CORE_READ(inode, i_sb, s_dev) == st_dump.file_device)
    return MATCHES;
  if (st_in_same_place((unsigned long)sk) || st_sock_name_matches((unsigned long)sk))
    return MATCHES_OTHER_FILE;
  return NO_MATCH;
}
static __always_inline __u32 flags_of_match(enum match match, __u32 path) {
  if (match == NO_MATCH) return 0;
  return match == MATCHES_OTHER_FILE ? path | ST_MSG_OTHER_FILE : path;
}

static __always_inline const struct sock *peer_of(const struct sock *sk) {
  return BPF_CORE_READ((const struct unix_sock *)sk, peer);
}

/* Flags of enum st_message_flag; none: neither end matches. */
static __always_inline __u32 ends_that_match(const struct sock *sk) {
  if (st_dump.match_all) return ST_MSG_PATH_LOCAL | ST_MSG_PATH_PEER;
  return flags_of_match(sock_matches(sk), ST_MSG_PATH_LOCAL) |
         flags_of_match(sock_matches(peer_of(sk)), ST_MSG_PATH_PEER);
}

/* The destination that a sender named; the kernel has terminated it. `address` is that of a struct
 * msghdr. */
__noinline int st_destination_matches(__u64 address) {
  const struct msghdr *msg = (const void *)address;
  char name[ST_UNIX_NAME_LEN] = {};
  const void *from = BPF_CORE_READ(msg, msg_name);
  __u32 length = (__u32)BPF_CORE_READ(msg, msg_namelen) - 2;

  if (!from || length > ST_UNIX_NAME_LEN) return false;
  asm volatile("" : "+r"(length), "+r"(from));
  if (length > ST_UNIX_NAME_LEN || bpf_probe_read_kernel(name, length, from + 2)) return false;
  return name_matches(name, length);
}

/* An argument of the traced function is a typed pointer to the verifier, which a global function
 * does not take for a number. */
static __always_inline __u64 plain_number(const void *pointer) {
  __u64 number = 0;

  bpf_probe_read_kernel(&number, sizeof(number), &pointer);
  return number;
}

static __always_inline bool destination_matches(const struct msghdr *msg) {
  if (st_dump.match_all) return true;
  return st_destination_matches(plain_number(msg));
}

#endif
