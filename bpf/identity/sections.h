/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections of a record beyond st_event: details, unix names, stack. */
#ifndef SOCKETRACE_BPF_SECTIONS_H
#define SOCKETRACE_BPF_SECTIONS_H

#include "bpf/identity/sock.h"

static __always_inline bool is_full(const struct st_event *e, const struct subject *s) {
  return s->sk && !is_mini(e) && !(e->flags & ST_HIT_FRESH);
}

static __always_inline void read_details(struct st_details *d, const struct st_event *e,
                                         const struct subject *s, const void *object, __u32 kind) {
  const struct socket *socket = NULL;

  __builtin_memset(d, 0, sizeof(*d));
  if (is_full(e, s)) {
    d->has_sock = 1;
    if (bpf_core_field_exists(struct sock, sk_rx_dst_ifindex))
      d->rx_dst_ifindex = GET(s, sock, s->sk, sk_rx_dst_ifindex);
    d->backlog_len = GET(s, sock, s->sk, sk_backlog.len);
    d->rcvbuf = GET(s, sock, s->sk, sk_rcvbuf);
    d->sndbuf = GET(s, sock, s->sk, sk_sndbuf);
    d->priority = GET(s, sock, s->sk, sk_priority);
    socket = GET(s, sock, s->sk, sk_socket);
  }
  if (kind == ST_KIND_SOCKET) socket = object;
  if (!socket) return;
  d->has_socket = 1;
  d->socket_state = BPF_CORE_READ(socket, state);
  d->socket_type = BPF_CORE_READ(socket, type);
  d->socket_flags = BPF_CORE_READ(socket, flags);
  d->file_inode = BPF_CORE_READ(socket, file, f_inode, i_ino);
}

/* The number that /proc/net/unix and `ss -x` show. Since 6.18 the sock keeps it; before, it is that
 * of the inode which sock_alloc puts right behind the socket: there from the start, whereas
 * socket->file comes later and never for sockets of the kernel. 0: not accepted yet, or orphaned.
 */
static __always_inline __u64 socket_inode(const struct sock *sk) {
  const struct socket_alloc *socket;

  if (bpf_core_field_exists(struct sock, sk_ino)) return BPF_CORE_READ(sk, sk_ino);
  socket = (const void *)BPF_CORE_READ(sk, sk_socket);
  return socket ? BPF_CORE_READ(socket, vfs_inode.i_ino) : 0;
}

/* The address object is as long as the name: read no more than it has. */
static __always_inline void read_unix_name(char *name, __u16 *name_length, const struct sock *sk) {
  const struct unix_address *address = BPF_CORE_READ((const struct unix_sock *)sk, addr);
  const void *from;
  __u32 length;

  if (!address) /* unnamed */
    return;
  from = (const void *)address + bpf_core_field_offset(struct unix_address, name) + 2;
  length = (__u32)BPF_CORE_READ(address, len) - 2; /* sizeof(sun_family) */
  if (length == ST_UNIX_NAME_LEN + 1)              /* a path of 108 bytes and its NUL */
    length = ST_UNIX_NAME_LEN;
  if (length > ST_UNIX_NAME_LEN) return;
  *name_length = length;
  /* The bound once more right before the call, on the register that goes into it, which is not
   * needed afterwards: up to 6.12 the verifier forgets bounds when a register is spilled. */
  asm volatile("" : "+r"(length), "+r"(from));
  if (length > ST_UNIX_NAME_LEN || bpf_probe_read_kernel(name, length, from)) *name_length = 0;
}

static __always_inline void read_unix(struct st_unix *u, struct st_event *e,
                                      const struct sock *sk) {
  const struct sock *peer = BPF_CORE_READ((const struct unix_sock *)sk, peer);

  __builtin_memset(u, 0, sizeof(*u));
  u->local_inode = socket_inode(sk);
  read_unix_name(u->local_name, &u->local_len, sk);
  if (!peer) return;
  e->flags |= ST_HIT_PEER_NAME;
  u->peer_inode = socket_inode(peer);
  /* The accepted end shares the listener's address: the client's peer has the path. */
  read_unix_name(u->peer_name, &u->peer_len, peer);
}

#endif
