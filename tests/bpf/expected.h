// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "cli/invocation.h"
#include "tests/bpf/scene.h"

namespace scene {

struct Task {
  uint32_t tgid = 0, uid = 0;
  std::string comm;
};

// Whether a hit on this scene matches, by what the README says of each filter. Shares no code with
// bpf/: the programs are judged by it.
bool expected(const socketrace::Match& match, const Scene& scene, const Task& task);

}  // namespace scene
