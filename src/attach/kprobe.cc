// SPDX-License-Identifier: BSD-2-Clause
// Single kprobes through perf events: what 5.10 and 6.1 have, and arm64 before 6.14.
#include <fmt/format.h>

#include <cerrno>
#include <optional>

#include "attach/backend.h"
#include "attach/batches.h"
#include "attach/explain.h"
#include "attach/kprobe_blacklist.h"
#include "attach/kprobe_pmu.h"
#include "attach/ticker.h"

namespace socketrace {
namespace {

int program_for(Way way, const Programs& programs, const Target& target) {
  if (way == Way::kprobe_cookie) return programs.by_cookie;
  if (target.arg < 1 || target.arg > ST_MAX_ARG || target.kind >= ST_KIND_COUNT) return -1;
  return programs.by_argument[target.kind][target.arg - 1];
}

Result<Fd> attach_one(const KprobePmu& pmu, Way way, int program, const Target& target,
                      size_t index) {
  Fd probe = TRY(pmu.probe(target));
  if (way == Way::kprobe_plain) return set_program(program, std::move(probe));
  return link_program(program, std::move(probe), ST_COOKIE(index, target.kind, target.arg));
}

}  // namespace

Result<LiveProbes> attach_kprobes(Way way, const Programs& programs,
                                  std::span<const Target> targets, const Progress& progress) {
  const KprobePmu pmu = TRY(KprobePmu::open());
  Order order = order_targets(targets);
  LiveProbes attached;
  attached.skipped = std::move(order.skipped);
  std::vector<size_t> members;
  for (const auto* part : {&order.by_address, &order.by_name}) {
    for (const size_t i : *part) {
      if (program_for(way, programs, targets[i]) >= 0) {
        members.push_back(i);
      } else {
        attached.skipped.push_back(skip(targets[i], "no program for this argument was loaded"));
      }
    }
  }

  Ticker ticker(progress, members.size());
  const auto attach = [&](size_t member) {
    ticker.tick(member);
    const size_t i = members[member];
    auto fd = attach_one(pmu, way, program_for(way, programs, targets[i]), targets[i], i);
    if (!fd) return fd.error().errnum();
    attached.fds.push_back(std::move(*fd));
    attached.functions++;
    return 0;
  };
  const BatchOutcome outcome =
      attach_one_by_one(members.size(), attach, [&] { return progress.stop_wanted(1); });
  attached.interrupted = outcome.stopped;
  if (!outcome.stopped) ticker.tick(members.size());

  std::optional<KprobeBlacklist> blacklist;
  for (const auto& refused : outcome.refused) {
    const Target& target = targets[members[refused.member]];
    if (refused.errnum == EINVAL && !blacklist) blacklist = KprobeBlacklist::load();
    const bool listed = refused.errnum == EINVAL && blacklist->has(target);
    attached.skipped.push_back(skip(target, explain_kprobe_refusal(refused.errnum, listed)));
  }
  if (outcome.fatal != 0) {
    for (size_t i = outcome.tried; i < members.size(); i++) {
      attached.skipped.push_back(
          skip(targets[members[i]], explain_kprobe_refusal(outcome.fatal, false)));
    }
  }
  if (attached.functions > 0 || attached.interrupted) return attached;
  if (outcome.fatal == EPERM || outcome.fatal == EACCES) {
    return Error(explain_load_failure(outcome.fatal, read_host())).within("kprobe");
  }
  if (outcome.fatal != 0) return Error::from_errno("kprobe", outcome.fatal);
  const Skipped& last = attached.skipped.back();
  return Error(
      fmt::format("no function could be probed, the last was {}: {}", last.name, last.reason));
}

}  // namespace socketrace
