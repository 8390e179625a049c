// SPDX-License-Identifier: BSD-2-Clause
#include "attach/counters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <vector>

#include "bpf/contract/event.h"

namespace socketrace {

Result<Counters> Counters::open(int map_fd) {
  // Asked for now: it reads a file of /sys, and counting comes when we may open none.
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return Error::from_errno("count the possible CPUs", -cpus);
  return Counters(map_fd, static_cast<size_t>(cpus));
}

Result<Totals> Counters::totals() const {
  std::vector<st_stats> by_cpu(cpus_);
  const uint32_t only = 0;
  const int status = bpf_map_lookup_elem(map_fd_, &only, by_cpu.data());
  if (status != 0) return Error::from_errno("read the hit counters", -status);
  Totals totals;
  for (const st_stats& cpu : by_cpu) {
    totals.matched += cpu.matched;
    totals.lost += cpu.lost;
    totals.stack_failed += cpu.stack_failed;
  }
  return totals;
}

Result<void> Counters::add_up(int map_fd, std::span<uint64_t> words) const {
  std::vector<uint64_t> by_cpu(words.size() * cpus_);
  const uint32_t only = 0;
  const int status = bpf_map_lookup_elem(map_fd, &only, by_cpu.data());
  if (status != 0) return Error::from_errno("read the counters", -status);
  for (size_t i = 0; i < by_cpu.size(); ++i) words[i % words.size()] += by_cpu[i];
  return {};
}

}  // namespace socketrace
