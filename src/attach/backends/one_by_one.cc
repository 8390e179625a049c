// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/one_by_one.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>
#include <vector>

#include "attach/backends/batches.h"
#include "attach/backends/ticker.h"
#include "host/explain.h"

namespace socketrace {
namespace {

std::vector<size_t> members_of(Way way, const Programs& programs, std::span<const Target> targets,
                               std::vector<Skipped>& skipped) {
  Order order = order_targets(targets);
  std::ranges::move(order.skipped, std::back_inserter(skipped));
  std::vector<size_t> members;
  for (const auto* part : {&order.by_address, &order.by_name}) {
    for (const size_t i : *part) {
      if (program_for(way, programs, targets[i]) >= 0) {
        members.push_back(i);
      } else {
        skipped.push_back(skip(targets[i], "no program for this argument was loaded"));
      }
    }
  }
  std::ranges::stable_sort(members, {},
                           [&](size_t i) { return cookie_of(targets[i], ST_FUNC_UNKNOWN); });
  return members;
}

void explain_refusals(const BatchOutcome& outcome, std::span<const Target> targets,
                      const std::vector<size_t>& members, std::vector<Skipped>& skipped) {
  for (const auto& refused : outcome.refused) {
    skipped.push_back(
        skip(targets[members[refused.member]], explain_kprobe_refusal(refused.errnum)));
  }
  if (outcome.fatal == 0) return;
  for (size_t i = outcome.tried; i < members.size(); i++) {
    skipped.push_back(skip(targets[members[i]], explain_kprobe_refusal(outcome.fatal)));
  }
}

}  // namespace

int program_for(Way way, const Programs& programs, const Target& target) {
  if (has_cookies(way)) return programs.by_cookie;
  const auto program = programs.by_argument.find(cookie_of(target, ST_FUNC_UNKNOWN));
  return program == programs.by_argument.end() ? -1 : program->second;
}

Result<LiveProbes> attach_each(const char* name, Way way, const Programs& programs,
                               std::span<const Target> targets, const Progress& progress,
                               LiveProbes attached, const AttachOne& attach_one) {
  const std::vector<size_t> members = members_of(way, programs, targets, attached.skipped);
  Ticker ticker(progress, members.size());
  const auto attach = [&](size_t member) {
    ticker.tick(member);
    const size_t i = members[member];
    const int errnum = attach_one(targets[i], i, attached);
    if (errnum == 0) attached.functions++;
    return errnum;
  };
  const BatchOutcome outcome =
      attach_one_by_one(members.size(), attach, [&] { return progress.stop_wanted(1); });
  attached.interrupted = outcome.stopped;
  if (!outcome.stopped) ticker.tick(members.size());
  explain_refusals(outcome, targets, members, attached.skipped);

  if (attached.functions > 0 || attached.interrupted) return attached;
  if (outcome.fatal == EPERM || outcome.fatal == EACCES) {
    return Error(explain_load_failure(outcome.fatal, read_host())).within(name);
  }
  if (outcome.fatal != 0) return Error::from_errno(name, outcome.fatal);
  const Skipped& last = attached.skipped.back();
  return Error(
      fmt::format("no function could be probed, the last was {}: {}", last.name, last.reason));
}

}  // namespace socketrace
