// SPDX-License-Identifier: BSD-2-Clause
// Single kprobes through perf events: no tracefs, and nothing is left when their owner dies.
#include <span>

#include "attach/backends/backend.h"
#include "attach/backends/kprobe_pmu.h"
#include "attach/backends/one_by_one.h"

namespace socketrace {
namespace {

Result<Fd> attach_one(const KprobePmu& pmu, Way way, int program, const Target& target,
                      size_t index) {
  Fd probe = TRY(pmu.probe(target));
  if (way == Way::kprobe_plain) return set_program(program, std::move(probe));
  return link_program(program, std::move(probe), cookie_of(target, index));
}

}  // namespace

Result<LiveProbes> attach_kprobes(Way way, const Programs& programs,
                                  std::span<const Target> targets, const Progress& progress) {
  const KprobePmu pmu = TRY(KprobePmu::open());
  const auto attach = [&](const Target& target, size_t index, LiveProbes& attached) {
    auto fd = attach_one(pmu, way, program_for(way, programs, target), target, index);
    if (!fd) return fd.error().errnum();
    attached.fds.push_back(std::move(*fd));
    return 0;
  };
  return attach_each("kprobe", way, programs, targets, progress, {}, attach);
}

}  // namespace socketrace
