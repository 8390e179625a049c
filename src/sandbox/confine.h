// SPDX-License-Identifier: BSD-2-Clause
// What a bug in reading hits could still do: as good as nothing. Between attaching and showing the
// first hit we give up all rights that showing, detaching and ending do not take.
#pragma once

#include <functional>

#include "base/result.h"

namespace socketrace {

struct Confinement {
  bool system_calls_limited = false;  // false: this kernel has no CONFIG_SECCOMP_FILTER
  bool kept_capability = false;       // CAP_BPF, without which this kernel denies the counters
};

// For good: no_new_privs, no capabilities, few system calls. Files must be open, symbols read and
// the ring mapped before; threads may be started after, none must run now.
//
// `can_end` tries what the end will ask of bpf(2). Below 5.19 (c8644cd0efe7) and unless
// kernel.unprivileged_bpf_disabled is 0, every bpf(2) call takes CAP_BPF, also on descriptors that
// are ours: then that one is kept.
Result<Confinement> confine(const std::function<bool()>& can_end);

}  // namespace socketrace
