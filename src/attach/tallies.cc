// SPDX-License-Identifier: BSD-2-Clause
#include "attach/tallies.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>

namespace socketrace {

Tallies::Tallies(int map_fd, size_t key_bytes, size_t words, size_t cpus)
    : map_fd_(map_fd), words_(words), key_(key_bytes), by_cpu_(words * cpus), sums_(words) {}

Result<Tallies> Tallies::open(int map_fd, size_t key_bytes, size_t words) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return Error::from_errno("count the possible CPUs", -cpus);
  return Tallies(map_fd, key_bytes, words, static_cast<size_t>(cpus));
}

Result<std::span<const uint64_t>> Tallies::read(const void* key) {
  const int status = bpf_map_lookup_elem(map_fd_, key, by_cpu_.data());
  if (status != 0) return Error::from_errno("read the counters", -status);
  std::ranges::fill(sums_, 0);
  for (size_t i = 0; i < by_cpu_.size(); ++i) sums_[i % words_] += by_cpu_[i];
  return std::span<const uint64_t>(sums_);
}

Result<void> Tallies::read_all(const Visit& visit) {
  const void* last = nullptr;
  while (true) {
    const int status = bpf_map_get_next_key(map_fd_, last, key_.data());
    if (status == -ENOENT) return {};
    if (status != 0) return Error::from_errno("read the keys of the counters", -status);
    visit(key_, TRY(read(key_.data())));
    last = key_.data();
  }
}

}  // namespace socketrace
