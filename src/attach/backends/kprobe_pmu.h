// SPDX-License-Identifier: BSD-2-Clause
// The perf PMU that makes kprobes (4.17+): no tracefs, and nothing is left when its owner dies.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "select/target.h"

namespace socketrace {

constexpr const char* kKprobePmuType = "/sys/bus/event_source/devices/kprobe/type";

class KprobePmu {
 public:
  static Result<KprobePmu> open(const char* type_path = kKprobePmuType);

  // Arms a probe at the target's address, or by its name; errors have their errnum().
  Result<Fd> probe(const Target& target) const;

 private:
  explicit KprobePmu(uint32_t type) : type_(type) {}
  uint32_t type_;
};

// Runs `program` at each hit of the probe, with a cookie (5.15+). The link keeps the perf event.
Result<Fd> link_program(int program, Fd probe, uint64_t cookie);
// The same without a link and a cookie; the perf event keeps the program.
Result<Fd> set_program(int program, Fd probe);

}  // namespace socketrace
