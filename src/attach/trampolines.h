// SPDX-License-Identifier: BSD-2-Clause
// fentry and fexit programs: which of them this kernel has the functions for. Attaching is that of
// attach/tracepoints: they too say in their section's name where they belong.
#pragma once

#include <span>

#include "base/result.h"

struct bpf_program;

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

// Between open and load: those wanted, and there, will be loaded.
Result<void> choose_trampolines(std::span<const Trampoline> trampolines);

}  // namespace socketrace
