// SPDX-License-Identifier: BSD-2-Clause
// What all ways have in common that attach to one function after the other.
#pragma once

#include <functional>
#include <span>

#include "attach/backends/backend.h"

namespace socketrace {

// The descriptor of the program that serves the target; -1: none.
int program_for(Way way, const Programs& programs, const Target& target);

// Attaches target `index` and owns the result in `attached`; 0, or the errno.
using AttachOne = std::function<int(const Target& target, size_t index, LiveProbes& attached)>;

// All targets that have a program, those of one kind and argument in a row. `name` is the way's,
// for errors.
Result<LiveProbes> attach_each(const char* name, Way way, const Programs& programs,
                               std::span<const Target> targets, const Progress& progress,
                               LiveProbes attached, const AttachOne& attach_one);

}  // namespace socketrace
