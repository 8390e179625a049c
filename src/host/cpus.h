// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

namespace socketrace {

// The lowest CPU that is online: where a perf event can be opened. 0 where /sys does not tell.
// (arm64, and x86 until 6.4 with cpu0_hotplug, let CPU 0 be taken offline.)
int first_online_cpu(const std::string& online = "/sys/devices/system/cpu/online");

}  // namespace socketrace
