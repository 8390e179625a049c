// SPDX-License-Identifier: BSD-2-Clause
// The configurations that every program must load under.
#pragma once

#include <vector>

#include "bpf/contract/event.h"

struct Variant {
  const char* name;
  void (*apply)(st_config&);
};

// No filter, each filter, all of them, each option, everything.
std::vector<Variant> variants();
