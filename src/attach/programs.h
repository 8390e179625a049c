// SPDX-License-Identifier: BSD-2-Clause
// The programs behind the probes of functions, by the names that bpf/functions.h gives them in
// every object that has some.
#pragma once

#include <span>

#include "attach/probes.h"

struct bpf_object;

namespace socketrace {

// What a kernel may lack, most first: plain loads from kernel structs (bpf_rdonly_cast, 6.2) and
// what follows; per-CPU variables, to tell task from interrupt (CONFIG_KALLSYMS_ALL).
enum class Needs { direct_loads, context, nothing };

// Before loading: those that this way of attaching to these targets needs, and no other.
void choose_programs(const bpf_object* object, Way way, Needs needs,
                     std::span<const Target> targets);
// After it: their descriptors, borrowed.
Programs loaded_programs(const bpf_object* object, Way way, Needs needs);

// `load` a Needs, the first that this kernel has everything for. Where none loads, the error is of
// the one that tells the context: nearly every kernel has that.
template <typename Load>
auto load_best(Way way, const Load& load) -> decltype(load(Needs::context)) {
  if (way == Way::kprobe_multi) {
    auto direct = load(Needs::direct_loads);
    if (direct) return direct;
  }
  auto with_context = load(Needs::context);
  if (with_context || !has_cookies(way)) return with_context;
  auto without = load(Needs::nothing);
  if (without) return without;
  return with_context;
}

}  // namespace socketrace
