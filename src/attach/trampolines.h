// SPDX-License-Identifier: BSD-2-Clause
// fentry and fexit programs: which of them this kernel has the functions for. Attaching is that of
// attach/tracepoints: they too say in their section's name where they belong.
#pragma once

#include <span>

#include "base/result.h"

struct bpf_program;
struct btf;

namespace socketrace {

enum class Presence {
  required,  // the function missing is an error
  optional,
  unwanted,
};

struct Trampoline {
  bpf_program* program;
  Presence presence;
};

// Before e21aa341785c (5.12, and in stable trees), which brought struct bpf_tramp_image, detaching
// while a task slept in the function freed the code that it would return to; receivers and senders
// sleep all the time. Whoever attaches to functions that sleep asks here, and does not where not.
bool can_leave_sleepers(const btf* kernel);
Result<bool> can_leave_sleepers();

// Between open and load: those wanted, and there, will be loaded.
Result<void> choose_trampolines(std::span<const Trampoline> trampolines);

}  // namespace socketrace
