// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>

#include "attach/probes.h"
#include "select/kernel_files.h"

namespace socketrace {

// Removes the probe events of every socketrace that was killed before it could, and nobody else's.
// They are disarmed: nothing is amiss if this cannot be done, or is stopped. The probes removed.
size_t remove_stale_events(const Progress& progress, const KernelFiles& files = {});

}  // namespace socketrace
