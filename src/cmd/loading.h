// SPDX-License-Identifier: BSD-2-Clause
// What all our BPF objects have in common (bpf/verdict/match.h, bpf/tell/emit.h), whatever their
// skeleton: st_config in .rodata, st_state in .bss, the maps `ring` and `stats`.
#pragma once

#include <bpf/libbpf.h>

#include <atomic>
#include <cstdint>

#include "attach/config.h"
#include "attach/counters.h"
#include "attach/object.h"
#include "base/log.h"
#include "bpf/contract/event.h"

namespace socketrace {

// Between open and load. `ring_bytes` 0: the object's own size.
template <typename Skeleton>
void configure(Object<Skeleton>& object, const st_config& config, uint64_t ring_bytes) {
  object->rodata->st_config = config;
  if (ring_bytes != 0) {
    bpf_map__set_max_entries(object->maps.ring, static_cast<uint32_t>(ring_bytes));
  }
  fit_to_ring(object->rodata->st_config, bpf_map__max_entries(object->maps.ring));
}

// An LRU map keeps lists of 128 free entries for each CPU, and before 6.16 forgets what is in use
// while other CPUs have room (d4adf1c9ee77): what it shall hold comes on top of those.
inline void make_room_for_cpus(bpf_object* object, int cpus = libbpf_num_possible_cpus()) {
  constexpr uint32_t kEntriesEach = 128;  // LOCAL_FREE_TARGET
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const uint32_t entries = bpf_map__max_entries(map);
    if (bpf_map__type(map) != BPF_MAP_TYPE_LRU_HASH || entries <= 1 || cpus <= 0) continue;
    bpf_map__set_max_entries(map, entries + kEntriesEach * static_cast<uint32_t>(cpus));
  }
}

// The verifier's words go to -v.
template <typename Skeleton>
Result<void> load_or_tell(Object<Skeleton>& object) {
  make_room_for_cpus(object->obj);
  auto loaded = object.load();
  if (!loaded) say_verbose_lines(object.log());
  return loaded;
}

template <typename Skeleton>
int ring_of(const Object<Skeleton>& object) {
  return bpf_map__fd(object->maps.ring);
}
template <typename Skeleton>
Result<Counters> counters_of(const Object<Skeleton>& object) {
  return Counters::open(bpf_map__fd(object->maps.stats));
}

// For Show::run. The object's own memory: borrowed.
template <typename Skeleton>
uint32_t& reader_sleeps(const Object<Skeleton>& object) {
  return object->bss->st_state.reader_sleeps;
}

// Written here, read by programs on every CPU.
template <typename Skeleton>
void set_enabled(const Object<Skeleton>& object, bool enabled) {
  std::atomic_ref<uint32_t>(object->bss->st_state.enabled).store(enabled ? 1 : 0);
}

}  // namespace socketrace
