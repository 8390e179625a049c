/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's structs as far as we read them, by name only: preserve_access_index makes libbpf put
 * in the running kernel's offsets (CO-RE), so order and size here mean nothing and no vmlinux.h is
 * needed. A field whose kind (integer, struct, array, enum) differs from the kernel's counts as
 * absent, so those must be right. Anonymous unions and structs of the kernel are flattened: CO-RE
 * finds members through them. Sources: the BTF of 5.10, 6.1, 6.12, 6.18 and 7.2.
 */
#ifndef SOCKETRACE_BPF_KERNEL_H
#define SOCKETRACE_BPF_KERNEL_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

/* uapi numbers whose headers do not compile for the bpf target */
enum {
  AF_UNSPEC = 0,
  AF_UNIX = 1,
  AF_INET = 2,
  AF_INET6 = 10,
  AF_NETLINK = 16,
  AF_PACKET = 17,
  AF_VSOCK = 40,
};
enum {
  SOCK_STREAM = 1,
  SOCK_DGRAM = 2,
  SOCK_RAW = 3,
};
enum {
  IPPROTO_ICMP = 1,
  IPPROTO_TCP = 6,
  IPPROTO_UDP = 17,
  IPPROTO_DCCP = 33,
  IPPROTO_ICMPV6 = 58,
  IPPROTO_SCTP = 132,
  IPPROTO_UDPLITE = 136,
  IPPROTO_RAW = 255,
  IPPROTO_MPTCP = 262,
};
enum {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_SYN_RECV = 3,
  TCP_FIN_WAIT1 = 4,
  TCP_TIME_WAIT = 6,
  TCP_CLOSE = 7,
  TCP_LAST_ACK = 9,
  TCP_LISTEN = 10,
  TCP_NEW_SYN_RECV = 12,
};
enum {
  EEXIST = 17,
  EALREADY = 114,
  EINPROGRESS = 115,
};
enum {
  ETH_P_IP = 0x0800,
  ETH_P_IPV6 = 0x86dd,
  ETH_P_8021Q = 0x8100,
  ETH_P_8021AD = 0x88a8,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net *net; /* absent without CONFIG_NET_NS */
} possible_net_t;

typedef struct {
  __s64 counter;
} atomic64_t;

struct in6_addr {
  __u8 in6_u[16];
};

struct new_utsname { /* begins with 65 bytes: bpf/kernel/read.h, BYTES */
  char sysname[65];
};

struct proto {
  char name[32];
};

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __u64 skc_addrpair; /* the two above */
  __be16 skc_dport;
  __u16 skc_num;
  __u32 skc_portpair; /* the two above */
  unsigned short skc_family;
  unsigned char skc_state;
  unsigned char skc_reuseport : 1;
  unsigned char skc_ipv6only : 1;
  int skc_bound_dev_if;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr; /* absent without CONFIG_IPV6 */
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
  struct proto *skc_prot;
};

struct qstr {
  const unsigned char *name;
};
struct dentry {
  struct dentry *d_parent;
  struct qstr d_name;
  struct inode *d_inode;
};
struct vfsmount {
  struct dentry *mnt_root;
};
struct mount {
  struct mount *mnt_parent; /* itself: the root of its namespace */
  struct dentry *mnt_mountpoint;
  struct vfsmount mnt;
};
struct path {
  struct vfsmount *mnt;
  struct dentry *dentry;
};
struct super_block {
  unsigned int s_dev;
};
struct inode {
  unsigned long i_ino;
  unsigned short i_mode;
  unsigned int i_nlink;
  struct super_block *i_sb;
};
struct file {
  struct inode *f_inode;
  struct path f_path;
  void *private_data;
};
struct fdtable {
  unsigned int max_fds;
  struct file **fd;
};
struct files_struct {
  struct fdtable *fdt;
};
struct mm_struct {
  struct file *exe_file;
  unsigned long arg_start;
  unsigned long arg_end;
};
struct preempt_counter { /* the kernel's has no name */
  __u32 count;
};
struct thread_info {
  unsigned long flags;
  __u32 status;                   /* x86 */
  struct preempt_counter preempt; /* arm64 */
};
struct kiocb {
  struct file *ki_filp;
};
struct proto_ops {
  void *splice_read; /* a function pointer */
};
struct socket {
  enum { SS_FREE } state; /* CO-RE wants an enum where the kernel has one */
  short type;
  unsigned long flags;
  struct file *file;
  struct sock *sk;
  const struct proto_ops *ops;
};
/* What sock_alloc makes: every socket with a descriptor, and every unix one. */
struct socket_alloc {
  struct socket socket;
  struct inode vfs_inode;
};

struct sk_backlog {
  int len;
};
struct sock {
  struct sock_common __sk_common;
  /* Bitfields until 5.5, plain u16 since 5.6 (bf9765145b85): below our floor of 5.8. */
  __u16 sk_type;
  __u16 sk_protocol;
  __u32 sk_mark;
  __u32 sk_priority;
  int sk_rx_dst_ifindex; /* 5.17+ */
  int sk_rcvbuf;
  int sk_sndbuf;
  struct sk_backlog sk_backlog;
  int sk_err;
  struct socket *sk_socket;
  unsigned long sk_ino; /* 6.18+ */
};

struct inet_sock {
  __be16 inet_sport;
};
struct task_struct {
  struct thread_info thread_info;
  unsigned int flags;
  char comm[16];
  const struct cred *cred; /* as the task acts */
  int softirq_disable_cnt; /* PREEMPT_RT */
  struct task_struct *group_leader;
  __u64 start_boottime;
  struct nsproxy *nsproxy;
  struct mm_struct *mm;
  struct files_struct *files;
};

/* The mini sockets: only sock_common and these are theirs. */
struct inet_request_sock {
  __u32 ir_mark;
};
struct inet_timewait_sock {
  __u32 tw_mark;
};

struct sockaddr_un {
  unsigned short sun_family;
};
struct unix_address {
  int len; /* of the sockaddr_un: 2 more than the name */
  struct sockaddr_un name[0];
};
struct unix_sock {
  struct unix_address *addr;
  struct sock *peer;
  struct path path; /* bound to a file */
};
struct netlink_sock {
  __u32 portid;
  __u32 dst_portid;
  __u32 dst_group;
  unsigned long *groups;
};
struct packet_sock {
  int ifindex;
  __be16 num;
};
struct sockaddr_vm {
  unsigned short svm_family;
};
struct vsock_sock {
  struct sockaddr_vm local_addr; /* struct sockaddr_vm, and remote_addr right after it */
};

struct net_device {
  int ifindex;
  possible_net_t nd_net;
};
struct sk_buff {
  struct sock *sk;
  struct net_device *dev;
  unsigned long _skb_refdst; /* the route, and a flag in the lowest bit */
  unsigned char *head;
  __be16 protocol;
  __u16 network_header;
  __u16 mac_header;
  __u16 inner_network_header;
  __u8 encapsulation : 1;
  __u32 mark;
};

struct pcpu_hot { /* 6.2 to 6.14 */
  int preempt_count;
};

#pragma clang attribute pop

/* Kernel pointers are negative as signed numbers, except on s390x, whose kernel lives in an address
 * space of its own from 0 on. What passes may still be garbage: every read may fail. */
static __always_inline bool is_kernel_pointer(const void *p) {
#ifdef __TARGET_ARCH_s390
  return (unsigned long)p >= 0x1000;
#else
  return (__s64)(unsigned long)p < 0;
#endif
}

/* Where a field of the running kernel's struct ends; a constant once libbpf has relocated it. */
#define FIELD_END(type, field) \
  (bpf_core_field_offset(type, field) + bpf_core_field_size(type, field))

#endif
