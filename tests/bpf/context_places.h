/* SPDX-License-Identifier: BSD-2-Clause */
/* What context_places.bpf.c has seen, for context_agrees.cc. */
#ifndef SOCKETRACE_TESTS_CONTEXT_PLACES_H
#define SOCKETRACE_TESTS_CONTEXT_PLACES_H

#include <linux/types.h>

enum { ST_IN_TASK, ST_IN_SOFTIRQ, ST_IN_HARDIRQ, ST_PLACES };

struct place {
  __u64 hits;
  __u64 known; /* of these */
  __u64 softirq;
  __u64 hardirq;
};

#endif
