// SPDX-License-Identifier: BSD-2-Clause
#pragma once

struct bpf_object;

namespace socketrace {

// Between choosing programs and loading them: where the kernel lets a program
// hold the CPU (6.15), its twin that does is loaded in its place (bpf/kernel/preemption.h).
// nullptr: nothing.
void choose_held_programs(const bpf_object* object);

}  // namespace socketrace
