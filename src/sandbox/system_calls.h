// SPDX-License-Identifier: BSD-2-Clause
// The system calls that are left once everything is attached and every file is open.
#pragma once

#include "base/result.h"

namespace socketrace {

// False: this kernel has no CONFIG_SECCOMP_FILTER.
bool can_limit_system_calls();

// For the calling thread and all it starts, for good. Everything else is answered with EPERM: a
// trace on a production host shall not die of a call that we forgot. Needs no_new_privs.
Result<void> limit_system_calls();

}  // namespace socketrace
