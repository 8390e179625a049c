/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The contract between the kernel side (bpf/) and user space (src/): the only header both read.
 * Fixed widths, natural alignment, no implicit padding; sizes and offsets are asserted on both
 * sides. Integers are in host byte order unless a comment says "network order".
 *
 * A record in the ring is a prefix of struct st_record: the parts lie at fixed offsets, `length`
 * says how far the record reaches, and `sections` says which parts hold something.
 */
#ifndef SOCKETRACE_BPF_EVENT_H
#define SOCKETRACE_BPF_EVENT_H

#include <linux/types.h>

#define ST_COMM_LEN 16       /* TASK_COMM_LEN, NUL included */
#define ST_UNIX_NAME_LEN 108 /* sizeof(sockaddr_un.sun_path) */
#define ST_MAX_FRAMES 127 /* kernel.perf_event_max_stack's default: bpf_get_stack takes no more */
#define ST_MAX_ARG 5      /* argument registers that every architecture has (s390x: 5) */

/* ---- what a traced argument points to ------------------------------------------------------- */
enum st_kind {
  ST_KIND_SOCK = 0,
  ST_KIND_SOCKET = 1,
  ST_KIND_SK_BUFF = 2,
  ST_KIND_COUNT = 3,
};

/* st_event.func when there is no cookie (below 5.15), or one for many functions (probe events):
 * resolve st_event.ip, the nearest symbol at or below it is the function. */
#define ST_FUNC_UNKNOWN 0xffffu /* 6.12 has 2800 that take a socket or packet */

/* BPF cookie of a probe (5.15+): enum st_kind, argument 1..5, argument 1..5 that is a struct
 * sk_buff * beside that (0: none, as with ST_KIND_SK_BUFF), index of the function in user space's
 * table of targets, in this order from bit 23 down. So cookies are sorted by kind, then by
 * argument, and the programs tell either by one comparison. */
#define ST_COOKIE(func, kind, arg, packet)                                         \
  ((__u64)(kind) << 22 | (__u64)((arg) - (__u64)1) << 19 | (__u64)(packet) << 16 | \
   ((func) < ST_FUNC_UNKNOWN ? (__u64)(func) : ST_FUNC_UNKNOWN))
#define ST_COOKIE_KIND(cookie) ((__u32)((cookie) >> 22))
#define ST_COOKIE_ARGUMENT(cookie) ((__u32)((cookie) >> 19 & 7) + 1)
#define ST_COOKIE_PACKET(cookie) ((__u32)(cookie) >> 16 & 7)
#define ST_COOKIE_FUNC(cookie) ((__u32)(cookie)&ST_FUNC_UNKNOWN)
#define ST_COOKIE_BITS 24

/* ---- records -------------------------------------------------------------------------------- */
enum st_section {
  ST_SECTION_DETAILS = 1 << 0,
  ST_SECTION_UNIX = 1 << 1,
  ST_SECTION_STACK = 1 << 2,
  ST_SECTION_ENDS = 1 << 3,
};

enum st_hit_flag {
  ST_HIT_NO_OBJECT = 1 << 0, /* every argument was NULL (or socket->sk was): nothing was read */
  ST_HIT_FRESH = 1 << 1,     /* family 0: a sock just allocated; an sk_buff without IP header */
  ST_HIT_REQUEST = 1 << 2,   /* struct request_sock (TCP_NEW_SYN_RECV): sock_common only */
  ST_HIT_TIMEWAIT = 1 << 3,  /* struct inet_timewait_sock (TCP_TIME_WAIT): sock_common only */
  /* Family, protocol and ports are the packet's, local/remote its source/destination: there is no
   * sock, or it is unconnected, or it has other ends (st_more.sock tells which). */
  ST_HIT_FROM_HEADERS = 1 << 4,
  ST_HIT_REUSEPORT = 1 << 5,    /* skc_reuseport */
  ST_HIT_NO_PORTS = 1 << 6,     /* ports are 0: ICMP, later fragment, raw or ping socket */
  ST_HIT_STACK_FAILED = 1 << 7, /* a stack was asked for and bpf_get_stack failed */
  ST_HIT_SOFTIRQ = 1 << 8,      /* comm/tgid are of whoever was interrupted */
  ST_HIT_HARDIRQ = 1 << 9,
  ST_HIT_CONTEXT_KNOWN = 1 << 10, /* the two above could be determined */
  ST_HIT_PEER_NAME = 1 << 11,     /* st_unix.peer_name is of a live peer (length 0 = unnamed) */
};

/* One end of a conversation, by st_event.family. */
union st_address {
  __u8 bytes[16]; /* AF_INET: the first 4, AF_INET6: all 16; network order */
  struct {
    __u32 portid;
    __u32 groups; /* multicast groups 1..32 as a mask */
  } netlink;
  struct {
    __u32 ifindex;   /* 0: every interface */
    __u32 ethertype; /* host order, 0x0003 is ETH_P_ALL */
  } packet;
  struct {
    __u32 cid; /* VMADDR_CID_ANY is ~0 */
    __u32 port;
  } vsock;
};

/* A second or third pair of ends that a hit is about. */
struct st_ends {
  __u16 family; /* AF_INET, AF_INET6; of a sock any; 0: there is none */
  __u16 protocol;
  __u16 flags;      /* ST_HIT_NO_PORTS */
  __u16 local_port; /* host order */
  __u16 remote_port;
  __u16 pad;
  __u32 ifindex; /* scope of a link-local address */
  union st_address local;
  union st_address remote;
};

/* What else a hit with a packet tells. */
struct st_more {
  struct st_ends sock;  /* of the sock, where the packet has others */
  struct st_ends about; /* of the packet that an ICMP error quotes: its source and destination */
  __u32 sock_netns;     /* where the sock lives, if that is not where it runs (st_event.netns); 0 */
  __u32 packet_mark;    /* skb->mark, where it is not the sock's (st_event.mark) */
};

/* Of a plain hit (bpf/verdict/quick.h) sock_cookie, type and state are 0, ST_HIT_REUSEPORT is not
 * set, and ifindex is only with AF_INET6 or FROM_HEADERS, unless st_config.want_common. */
struct st_event {
  __u32 length;      /* bytes of the whole record */
  __u16 sections;    /* enum st_section */
  __u16 flags;       /* enum st_hit_flag */
  __u64 time_ns;     /* bpf_ktime_get_ns: CLOCK_MONOTONIC */
  __u64 ip;          /* function address as the probe saw it; 0 when func is known */
  __u64 object;      /* the traced argument */
  __u64 sock;        /* the struct sock it leads to, or that its sk_buff has; 0: none */
  __u64 sock_cookie; /* sock_common.skc_cookie: 0 until somebody asked for it (ss -e shows it) */
  __u32 func;        /* index into the table of targets, or ST_FUNC_UNKNOWN */
  __u32 cpu;
  __u32 tgid; /* of the current task, in the pid namespace we were started in */
  __u32 tid;
  __u32
      netns; /* network namespace by inode: of the sk_buff's device, else the sock's; 0: unknown */
  __u32 ifindex;     /* skc_bound_dev_if; FROM_HEADERS: the sk_buff's device */
  __u16 family;      /* AF_*; 0: unknown */
  __u16 type;        /* SOCK_*; 0: unknown */
  __u16 protocol;    /* IPPROTO_* (IPPROTO_MPTCP is 262), for AF_NETLINK NETLINK_* */
  __u8 state;        /* skc_state: TCP_* for AF_INET*, TCP_ESTABLISHED.. also for unix */
  __u8 kind;         /* enum st_kind of the argument */
  __u16 local_port;  /* host order; AF_INET and AF_INET6 */
  __u16 remote_port; /* host order */
  __u32 mark; /* sk_mark, or ir_mark, tw_mark, skb->mark; 0 unless details or a mark filter asked */
  union st_address local;
  union st_address remote;
  char comm[ST_COMM_LEN]; /* as the kernel holds it: NUL-terminated, any bytes */
};

/* --output-sock-info, --output-socket-info */
struct st_details {
  __u32 rx_dst_ifindex; /* sk_rx_dst_ifindex (5.17+), before: 0 */
  __u32 backlog_len;
  __u32 rcvbuf;
  __u32 sndbuf;
  __u32 priority;
  __u16 socket_state; /* enum socket_state SS_* */
  __u16 socket_type;  /* SOCK_* */
  __u64 socket_flags;
  __u64 file_inode; /* of the socket's file; 0: none */
  __u8 has_sock;    /* the sk_* fields above were read (full socket) */
  __u8 has_socket;  /* the socket_* fields above were read */
  __u8 pad[6];
};

/* AF_UNIX names as bound: a path with or without NUL, or an abstract name whose first byte is NUL.
 * Lengths are of the bytes in the array; 0: unnamed. */
struct st_unix {
  __u64 local_inode;
  __u64 peer_inode;
  __u16 local_len;
  __u16 peer_len;
  __u32 pad;
  char local_name[ST_UNIX_NAME_LEN];
  char peer_name[ST_UNIX_NAME_LEN];
};

struct st_record {
  struct st_event event;
  struct st_more more;
  struct st_details details;
  struct st_unix unix_names;
  __u64 frames[ST_MAX_FRAMES]; /* instruction pointers, innermost first; count from length */
};

/* ---- configuration: const volatile in .rodata, so that an unset filter is dead code -----------
 */
#define ST_MAX_PIDS 32
#define ST_MAX_COMMS 16
#define ST_MAX_ADDRS 16
#define ST_MAX_PORTS 32
#define ST_MAX_PROTOCOLS 16
#define ST_MAX_FAMILIES 16
#define ST_MAX_MARKS 16
#define ST_MAX_NETNS 16
#define ST_MAX_UIDS 16

struct st_comm_rule {
  char text[ST_COMM_LEN];
  __u32 length; /* bytes to compare; for a whole name the terminating NUL is among them */
};
struct st_addr_rule {
  /* AF_INET rules: bytes 0..3 of addr and mask. AF_INET6: 16. Network order; addr is pre-masked. */
  __u32 addr[4];
  __u32 mask[4];
  __u32 family; /* AF_INET or AF_INET6 */
};
/* Port p passes if (p << 16) - first <= span, as unsigned numbers: the ports from first >> 16 on,
 * and span >> 16 more. The lower half of span is all ones, for then that of the port may be
 * anything. */
struct st_port_rule {
  __u32 first, span;
};
#define ST_PORT_RULE(low, high) \
  { (__u32)(low) << 16, (__u32)((high) - (low)) << 16 | 0xffff }
struct st_mark_rule {
  __u32 value, mask; /* (mark & mask) == value */
};

struct st_config {
  __u32 own_tgid;     /* our own process never matches */
  __u32 want_details; /* fill st_details */
  __u32 want_stack;   /* take kernel stacks */
  __u32 in_pidns;     /* 1: pids are of the namespace below, not of the initial one */
  __u32 by_task;      /* a filter of pid, comm or uid is set */
  __u32 quick;        /* no filter but pid, uid and port, no want_*: bpf/verdict/quick.h */
  __u32 unsifted;     /* neither quick nor a filter of ports */
  __u32 detour;       /* by_task or unsifted: not at once to the ports */
  __u64 pidns_dev;
  __u64 pidns_ino;
  __u64 limit;        /* stop emitting after that many hits; 0: never */
  __u64 wakeup_bytes; /* wake the reader when that much is waiting in the ring */

  __u32 pid_count, comm_count, addr_count, port_count;
  __u32 protocol_count, family_count, mark_count, netns_count;
  __u32 pids[ST_MAX_PIDS];
  struct st_comm_rule comms[ST_MAX_COMMS];
  struct st_addr_rule addrs[ST_MAX_ADDRS];
  struct st_port_rule ports[ST_MAX_PORTS]; /* without a filter the first one passes all */
  __u32 protocols[ST_MAX_PROTOCOLS];
  __u32 families[ST_MAX_FAMILIES];
  struct st_mark_rule marks[ST_MAX_MARKS];
  __u32 netns[ST_MAX_NETNS]; /* inode numbers */
  __u32 uid_count;
  __u32 uids[ST_MAX_UIDS]; /* as the initial user namespace numbers them */
  __u32 only_failed;       /* sub-commands that know results */
  __u32 want_common;       /* state, type, sock_cookie, ST_HIT_REUSEPORT and ifindex are shown */
};

/* ---- state shared while running: one mmap-able .bss variable ----------------------------------
 */
struct st_state {
  __u32 enabled;       /* written by user space: probes are inert while 0 */
  __u32 reader_sleeps; /* set by a reader who goes to sleep; who wakes it clears it */
  __u64 emitted;       /* written by the programs when a limit is set */
};

/* One per CPU (BPF_MAP_TYPE_PERCPU_ARRAY, one entry); user space sums. */
struct st_stats {
  __u64 matched;      /* hits that passed the filter and the limit */
  __u64 lost;         /* of these: no room in the ring */
  __u64 stack_failed; /* of these: printed without the stack that was asked for */
  __u64 unasked;      /* bytes sent since the ring was last asked whether the reader must wake */
};

#ifdef __cplusplus
#define ST_ASSERT static_assert
#else
#define ST_ASSERT _Static_assert
#endif
ST_ASSERT(sizeof(union st_address) == 16, "st_address");
ST_ASSERT(sizeof(struct st_event) == 136, "st_event");
ST_ASSERT(sizeof(struct st_details) == 48, "st_details");
ST_ASSERT(sizeof(struct st_unix) == 240, "st_unix");
ST_ASSERT(sizeof(struct st_ends) == 48, "st_ends");
ST_ASSERT(sizeof(struct st_more) == 104, "st_more");
ST_ASSERT(sizeof(struct st_record) == 136 + 104 + 48 + 240 + 8 * ST_MAX_FRAMES, "st_record");
ST_ASSERT(__builtin_offsetof(struct st_event, func) == 48, "st_event.func");
ST_ASSERT(__builtin_offsetof(struct st_event, local) == 88, "st_event.local");
ST_ASSERT(__builtin_offsetof(struct st_event, comm) == 120, "st_event.comm");
#undef ST_ASSERT

#endif
