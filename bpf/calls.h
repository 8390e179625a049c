/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of `socketrace calls`: what bpf/calls.bpf.c and user space agree on, as event.h. */
#ifndef SOCKETRACE_BPF_CALLS_H
#define SOCKETRACE_BPF_CALLS_H

#include "bpf/event.h"

enum st_call {
  ST_CALL_STATE = 0,
  ST_CALL_COUNT,
};

/* event.state is the new state. */
struct st_state_change {
  struct st_event event;
  __u8 old_state;
  __u8 pad[7];
};

#ifdef __cplusplus
#define ST_ASSERT static_assert
#else
#define ST_ASSERT _Static_assert
#endif
ST_ASSERT(sizeof(struct st_state_change) == sizeof(struct st_event) + 8, "st_state_change");
#undef ST_ASSERT

#endif
