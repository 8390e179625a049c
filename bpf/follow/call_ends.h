/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The end of a call: address and identity put together, filtered, sent. */
#ifndef SOCKETRACE_BPF_CALL_ENDS_H
#define SOCKETRACE_BPF_CALL_ENDS_H

#include "bpf/follow/call_begins.h"
#include "bpf/tell/emit.h"
#include "bpf/verdict/owner.h"

const volatile __u32 st_follow_state = 0; /* owners are wanted */

/* The address of this call, or of one of its messages, now that it is over. What the beginning has
 * read stands, unless the page was not there yet: by now the kernel has brought it in. */
static __always_inline void read_address_at_end(struct begun *kept, __u32 call,
                                                const struct arguments *a, __s64 result,
                                                __u32 message) {
  struct address *address = &kept->address;
  struct message_name name;
  __u32 length = 0;

  switch (call) {
    case ST_CALL_BIND:
    case ST_CALL_CONNECT:
      if (address->read == ST_ADDRESS_NONE || address->read == ST_ADDRESS_FAULT)
        read_address(address, a->at[1], a->at[2], a->at[2]);
      return;
    case ST_CALL_SENDTO:
      if (address->read == ST_ADDRESS_NONE || address->read == ST_ADDRESS_FAULT)
        read_address(address, a->at[4], a->at[5], a->at[5]);
      return;
    case ST_CALL_SENDMSG:
      if (address->read != ST_ADDRESS_NONE && address->read != ST_ADDRESS_FAULT) return;
      name = read_message_name(a->at[1]);
      return read_address(address, name.name, name.length, name.length);
    case ST_CALL_RECVFROM:
      if (result < 0) return;
      bpf_probe_read_user(&length, sizeof(length), (const void *)a->at[5]);
      return read_address(address, a->at[4], length, kept->room);
    case ST_CALL_RECVMSG:
      if (result < 0) return;
      name = read_message_name(a->at[1]);
      return read_address(address, name.name, name.length, kept->room);
    case ST_CALL_SENDMMSG:
    case ST_CALL_RECVMMSG:
      if (result < 0 && call == ST_CALL_RECVMMSG) return;
      name = read_message_name(a->at[1] + (__u64)message * MESSAGE_BYTES);
      return read_address(address, name.name, name.length, name.length);
  }
}

static __always_inline void fill(struct st_call_record *r, const struct st_event *e, __u32 call,
                                 const struct arguments *a, __s64 result,
                                 const struct address *address, __u32 message) {
  r->event = *e;
  bpf_get_current_comm(r->event.comm, sizeof(r->event.comm));
  r->result = result;
  r->fd = a->at[0];
  r->address_length = 0;
  r->address_read = ST_ADDRESS_NONE;
  r->address_taken = 0;
  r->pad[0] = r->pad[1] = 0;
  if (address) {
    r->address_length = address->length;
    r->address_read = address->read;
    r->address_taken = address->taken;
    __builtin_memcpy(r->address, address->bytes, sizeof(r->address));
  } else {
    __builtin_memset(r->address, 0, sizeof(r->address));
  }
  r->message = message;
  r->messages = 0;
  r->message_bytes = 0;
  if (call == ST_CALL_SENDMMSG || call == ST_CALL_RECVMMSG) {
    if (result > 0) r->messages = result;
    bpf_probe_read_user(&r->message_bytes, sizeof(r->message_bytes),
                        (const void *)(a->at[1] + (__u64)message * MESSAGE_BYTES + MESSAGE_LENGTH));
  }
}

#define SHORT_RECORD __builtin_offsetof(struct st_call_record, unix_names)

/* e.sections says whether there are names: `names` if read already, else of s.sk. */
static __always_inline void send(struct st_event *e, struct subject *s, __u32 call,
                                 const struct arguments *a, __s64 result,
                                 const struct address *address, __u32 message,
                                 const struct st_unix *names) {
  struct st_stats *counters = this_cpu_stats();
  struct st_call_record *r;

  if (!counters) return;
  e->func = call;
  e->time_ns = bpf_ktime_get_ns();
  e->cpu = bpf_get_smp_processor_id();
  if (e->sections & ST_SECTION_UNIX) {
    e->length = sizeof(*r);
    r = reserve(sizeof(*r), counters);
    if (!r) return;
    if (names)
      r->unix_names = *names;
    else
      read_unix(&r->unix_names, e, s->sk);
    fill(r, e, call, a, result, address, message);
    submit(r, sizeof(*r), counters);
  } else {
    e->length = SHORT_RECORD;
    r = reserve(SHORT_RECORD, counters);
    if (!r) return;
    fill(r, e, call, a, result, address, message);
    submit(r, SHORT_RECORD, counters);
  }
}

/* Here a socket gets an owner that lives on when packets change its state. */
static __always_inline void note_owner_at_end(const struct st_event *e, const struct subject *s,
                                              __u32 call, __s64 result) {
  struct owner owner;

  if (!st_follow_state || !s->sk || result < 0 || !is_inet(e)) return;
  if (call != ST_CALL_ACCEPT && call != ST_CALL_ACCEPT4 && call != ST_CALL_LISTEN) return;
  owner = current_owner();
  note_owner(e->sock, &owner);
  if (call == ST_CALL_LISTEN) note_listener(e, &owner);
}

static __always_inline void end_call(__u32 thread, __u32 call, const struct arguments *a,
                                     __s64 result, __u32 message) {
  bool accepts = call == ST_CALL_ACCEPT || call == ST_CALL_ACCEPT4;
  const struct sock *sk =
      sock_of_descriptor(accepts && result >= 0 ? (__u32)result : (__u32)a->at[0]);
  struct begun *kept = bpf_map_lookup_elem(&begun, &thread);
  struct subject s;
  struct st_event *e;

  if (!kept || kept->call != call) { /* began before we did, or needs no beginning */
    kept = begin(thread);
    if (!kept) {
      __sync_fetch_and_add(&st_unseen.unfollowed, 1);
      return;
    }
    kept->call = call;
    kept->sock = (__u64)(unsigned long)sk;
  } else if (kept->sock != (__u64)(unsigned long)sk) {
    sk = NULL; /* another thread has put something else behind the descriptor */
  }
  s = (struct subject){.sk = sk};
  e = &kept->event;
  if (message) __builtin_memset(e, 0, sizeof(*e));
  if (!match_task(e)) return;
  read_address_at_end(kept, call, a, result, message);

  identify(e, &s);
  if (result < 0 && is_inet(e) && kept->remote_port && !e->remote_port) {
    e->remote = kept->remote;
    e->remote_port = kept->remote_port;
  }
  /* Of what bind and connect have done the socket knows more than the program's memory. */
  if (call == ST_CALL_BIND) {
    if (result < 0) put_named_end(e, &kept->address, &e->local, &e->local_port);
  } else if (call != ST_CALL_CONNECT || !knows_where_it_went(e, result)) {
    put_named_end(e, &kept->address, &e->remote, &e->remote_port);
  }
  if (!match_subject(e, &s)) return;
  if (message == ST_MAX_MESSAGES - 1 && result > ST_MAX_MESSAGES)
    __sync_fetch_and_add(&st_unseen.messages, result - ST_MAX_MESSAGES);
  complete(e, &s);
  note_owner_at_end(e, &s, call, result);
  if (is_full_unix(e, &s)) e->sections |= ST_SECTION_UNIX;
  send(e, &s, call, a, result, &kept->address, message, NULL);
}

static __always_inline void end_close(__u32 thread, const struct arguments *a, __s64 result) {
  struct closing *kept = bpf_map_lookup_elem(&closings, &thread);
  struct subject s = {};

  if (kept && match_task(&kept->event))
    send(&kept->event, &s, ST_CALL_CLOSE, a, result, NULL, 0, &kept->unix_names);
}

#endif
