// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "base/result.h"
#include "bpf/contract/dump.h"
#include "cli/invocation.h"

namespace socketrace {

// What `dump` shows, for the kernel side. The pattern is the first of these that fits: "*" every
// socket; a socket file that exists, by its device and inode, so that links and mounts do not
// matter, and what is bound in its place later, by its folder or by its name; a name or a glob of
// names as they were bound.
Result<st_dump_config> dump_config_for(const Dump& dump);

}  // namespace socketrace
