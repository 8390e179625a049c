// SPDX-License-Identifier: BSD-2-Clause
#include "host/cpus.h"

#include <fstream>

namespace socketrace {

int first_online_cpu(const std::string& online) {
  int cpu = 0;  // "1-3,5"
  std::ifstream(online) >> cpu;
  return cpu > 0 ? cpu : 0;
}

}  // namespace socketrace
