// SPDX-License-Identifier: BSD-2-Clause
// The programs behind the probes of functions, by the names that bpf/functions.h gives them in
// every object that has some.
#pragma once

#include "attach/probes.h"

struct bpf_object;

namespace socketrace {

// What a kernel may lack, most first: plain loads from kernel structs (bpf_rdonly_cast, 6.2) and
// what follows; per-CPU variables, to tell task from interrupt (CONFIG_KALLSYMS_ALL).
enum class Needs { direct_loads, context, nothing };

// Before loading: those that this way of attaching needs, and no other.
void choose_programs(const bpf_object* object, Way way, Needs needs);
// After it: their descriptors, borrowed.
Programs loaded_programs(const bpf_object* object, Way way, Needs needs);

}  // namespace socketrace
