/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a hit of a traced function is put together, with a sock, a packet, or both. */
#ifndef SOCKETRACE_BPF_SCENE_H
#define SOCKETRACE_BPF_SCENE_H

#include "bpf/contract/event.h"
#include "bpf/kernel/kernel.h"

/* All that a hit is put together from: it does not fit on the 512-byte stack. */
struct scene {
  struct st_record record;
  struct st_ends packet; /* the outermost */
  __u64 number;          /* as_number */
};

/* Nobody else can be using it: the kernel never runs two kprobe-type programs on one CPU at a time
 * (bpf_prog_active; interrupts and NMIs included, such a hit is counted as missed), and neither
 * preemption nor migration moves us to another CPU's copy while a program runs. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scene);
} scenes SEC(".maps");

static __always_inline struct scene *this_scene(void) {
  __u32 zero = 0;

  return bpf_map_lookup_elem(&scenes, &zero);
}
/* A pointer of the kernel's that was loaded as such is no number to the verifier (7.0+:
 * rdonly_untrusted_mem), and a function that is verified by itself takes nothing else. What comes
 * out of a map is one. */
static __always_inline __u64 as_number(struct scene *scene, const void *pointer) {
  volatile __u64 *place = &scene->number;

  *place = (unsigned long)pointer;
  return *place;
}

/* With an empty event; what else is there may be of an earlier hit. */
static __always_inline struct scene *new_scene(void) {
  struct scene *scene = this_scene();

  if (scene) __builtin_memset(&scene->record.event, 0, sizeof(scene->record.event));
  return scene;
}

#endif
