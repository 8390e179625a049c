// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <functional>
#include <vector>

#include "attach/probes.h"
#include "base/fd.h"

namespace socketrace {

// Closes all descriptors with a few threads and empties the vector. When progress.stop reaches 2
// the rest stays open, owned by nobody, for the kernel to close at exit; their number is returned.
size_t close_all(std::vector<Fd>& fds, const Progress& progress);

}  // namespace socketrace
