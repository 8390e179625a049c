/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The current task: its user, its executable and command line. The latter in process context only.
 */
#ifndef SOCKETRACE_BPF_TASK_H
#define SOCKETRACE_BPF_TASK_H

#include "bpf/kernel/kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef struct {
  __u32 val; /* as the initial user namespace numbers it */
} kuid_t;
struct cred {
  kuid_t euid; /* by whose rights the task acts: set-user-ID programs, seteuid(2) */
};
struct mnt_namespace {
  struct ns_common ns;
};
struct nsproxy {
  struct mnt_namespace *mnt_ns;
};
#pragma clang attribute pop

#define MOST_STEPS 24 /* components of a path */
#define LONGEST_NAME 256

static __always_inline const struct task_struct *current_task(void) {
  return (const void *)bpf_get_current_task();
}

/* bpf_get_current_uid_gid gives the real user. */
static __always_inline __u32 effective_uid(void) {
  return BPF_CORE_READ(current_task(), cred, euid.val);
}
static __always_inline __u32 real_uid(void) {
  return bpf_get_current_uid_gid();
}

/* Since when there is this process: with its number that names it for ever. */
static __always_inline __u64 process_start(void) {
  return BPF_CORE_READ(current_task(), group_leader, start_boottime);
}
/* The inode number of its mount namespace. */
static __always_inline __u32 mount_namespace(void) {
  return BPF_CORE_READ(current_task(), nsproxy, mnt_ns, ns.inum);
}

/* Both are kernel pointers as numbers: equal -> all ones, else 0. */
static __always_inline __u64 ones_if_equal(__u64 a, __u64 b) {
  __u64 differ = a ^ b;

  return ((differ | -differ) >> 63) - 1;
}

/* From the root of a mount to where it is mounted; a root that is mounted nowhere stays. Without a
 * branch: each would double what the verifier has to look at, up to 6.1 at every step of a path. */
static __always_inline void leave_mount(__u64 *dentry, __u64 *mount) {
  const struct mount *inner = (const void *)*mount;
  __u64 leave = ones_if_equal(*dentry, (__u64)BPF_CORE_READ(inner, mnt.mnt_root));

  *dentry = ((__u64)BPF_CORE_READ(inner, mnt_mountpoint) & leave) | (*dentry & ~leave);
  *mount = ((__u64)BPF_CORE_READ(inner, mnt_parent) & leave) | (*mount & ~leave);
}

struct exe {
  __u32 length;
  bool cut; /* the beginning is missing */
  bool deleted;
  bool in_memory; /* on no file system: memfd_create */
};

/*
 * The executable's path as its own mount namespace shows it, from the last component to the first,
 * each with its NUL. bpf_d_path is for a few fentry programs only. Takes [0, room) to begin a
 * component in; `text` must have 256 bytes beyond it.
 */
static __always_inline struct exe read_exe(char *text, __u32 room) {
  const struct file *file =
      BPF_CORE_READ(current_task(), mm, exe_file); /* no mm: a kernel thread */
  __u64 dentry = (__u64)BPF_CORE_READ(file, f_path.dentry), parent;
  __u64 mount = (__u64)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
  struct exe exe = {};

  if (!file) return exe;
  exe.deleted = !BPF_CORE_READ(file, f_inode, i_nlink);
  for (int step = 0; step < MOST_STEPS; step++) {
    __u64 at = exe.length;
    const char *name;
    long length;

    leave_mount(&dentry, &mount);
    leave_mount(&dentry, &mount); /* one mounted over another */
    if (dentry == (__u64)BPF_CORE_READ((const struct mount *)mount, mnt.mnt_root)) {
      exe.cut = mount != (__u64)BPF_CORE_READ((const struct mount *)mount, mnt_parent);
      return exe;
    }
    name = (const char *)BPF_CORE_READ((const struct dentry *)dentry, d_name.name);
    /* Up to 6.12 the verifier forgets a bound when the register is spilled: show it right before.
     */
    asm volatile("" : "+r"(at), "+r"(name));
    if (at >= room) break;
    length = bpf_probe_read_kernel_str(text + at, LONGEST_NAME, name);
    if (length <= 0 || length > LONGEST_NAME) break;
    exe.length += length;
    parent = (__u64)BPF_CORE_READ((const struct dentry *)dentry, d_parent);
    if (parent == dentry) {
      exe.in_memory = true;
      return exe;
    }
    dentry = parent;
  }
  exe.cut = true;
  return exe;
}

/* The command line, of which at most `size` bytes are taken, NULs between the words. */
static __always_inline __u32 read_args(char *text, __u32 size, bool *cut) {
  const struct mm_struct *mm = BPF_CORE_READ(current_task(), mm);
  __u64 start, length;

  *cut = false;
  if (!mm) return 0;
  start = BPF_CORE_READ(mm, arg_start);
  length = BPF_CORE_READ(mm, arg_end) - start;
  if (length > size) {
    length = size;
    *cut = true;
  }
  asm volatile("" : "+r"(length));
  if (length > size) return 0;
  if (!length || bpf_probe_read_user(text, length, (const void *)start)) return 0;
  return length;
}

#endif
