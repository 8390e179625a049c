// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string_view>

namespace socketrace {

// "ECONNREFUSED" for 111, as the kernel spells it; what only the kernel itself sees too
// ("ERESTARTSYS"). Empty when the number has no name.
std::string_view errno_name(int errnum);

}  // namespace socketrace
