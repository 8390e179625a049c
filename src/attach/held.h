// SPDX-License-Identifier: BSD-2-Clause
#pragma once

struct bpf_object;

namespace socketrace {

// Does this kernel let programs hold the CPU, and call functions that are not static meanwhile?
bool can_hold();

// Between choosing programs and loading them: where a program can hold the
// CPU its twin that does is loaded in its place (bpf/kernel/preemption.h). nullptr: nothing.
void choose_held_programs(const bpf_object* object);

}  // namespace socketrace
