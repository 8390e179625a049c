/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A descriptor of the current task -> its socket. In process context only. */
#ifndef SOCKETRACE_BPF_DESCRIPTOR_H
#define SOCKETRACE_BPF_DESCRIPTOR_H

#include "bpf/kernel/kernel.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* NULL: not open, or no socket. */
static __always_inline const struct socket *socket_of_descriptor(__u32 fd) {
  const struct task_struct *task = (const void *)bpf_get_current_task();
  const struct fdtable *table = BPF_CORE_READ(task, files, fdt);
  const struct file *file = NULL;

  if (!table || fd >= BPF_CORE_READ(table, max_fds)) return NULL;
  bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
  if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) return NULL;
  return BPF_CORE_READ(file, private_data);
}
static __always_inline const struct sock *sock_of_descriptor(__u32 fd) {
  const struct socket *socket = socket_of_descriptor(fd);

  return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

#endif
