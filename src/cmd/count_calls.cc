// SPDX-License-Identifier: BSD-2-Clause
// `count calls` and `count --by`.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attach/config.h"
#include "attach/trampolines.h"
#include "base/log.h"
#include "bpf/contract/count.h"
#include "cmd/cmd.h"
#include "cmd/count.h"
#include "cmd/counter.h"
#include "cmd/losses.h"
#include "cmd/report.h"
#include "cmd/rights.h"
#include "events/stop.h"
#include "format/count_keys.h"
#include "host/host.h"
#include "run/count_show.h"

namespace socketrace {
namespace {

using Lines = std::vector<std::string>;

// What was counted since the last time it was asked; the tallies only grow.
class OperationDeltas {
 public:
  explicit OperationDeltas(Tallies& tallies) : tallies_(tallies) {}

  Result<Lines> take() {
    std::array<st_operations, ST_OP_COUNT> delta{};
    for (uint32_t op = 0; op < ST_OP_COUNT; ++op) {
      const auto sums = TRY(tallies_.read(&op));
      const st_operations now{sums[0], sums[1], sums[2]};
      st_operations& seen = seen_[op];
      delta[op] = {now.calls - seen.calls, now.errors - seen.errors, now.bytes - seen.bytes};
      total_ += delta[op].calls;
      seen = now;
    }
    return operation_lines(delta);
  }
  uint64_t total() const { return total_; }

 private:
  Tallies& tallies_;
  std::array<st_operations, ST_OP_COUNT> seen_{};
  uint64_t total_ = 0;
};
static_assert(offsetof(st_operations, calls) == 0 && offsetof(st_operations, errors) == 8);

class KeyDeltas {
 public:
  KeyDeltas(Tallies& tallies, st_count_by by) : tallies_(tallies), by_(by) {}

  Result<Lines> take() {
    std::vector<KeyCounts> delta;
    TRY(tallies_.read_all([&](std::span<const std::byte> key, std::span<const uint64_t> sums) {
      const std::string name(reinterpret_cast<const char*>(key.data()), key.size());
      auto& seen = seen_[name];
      KeyCounts one;
      std::memcpy(&one.key, key.data(), sizeof(one.key));
      uint64_t any = 0;
      for (size_t i = 0; i < seen.size(); ++i) {
        one.counts[i] = sums[i] - std::exchange(seen[i], sums[i]);
        any += one.counts[i];
      }
      if (any != 0) delta.push_back(one);
      total_ += any;
    }));
    return key_lines(delta, by_);
  }
  uint64_t total() const { return total_; }

 private:
  Tallies& tallies_;
  st_count_by by_;
  std::map<std::string, std::array<uint64_t, ST_OUTCOME_COUNT>> seen_;
  uint64_t total_ = 0;
};

template <typename Deltas>
Result<int> count_with(Deltas deltas, Counter& counter, Tracepoints& tracepoints,
                       const Invocation& in, Sink& sink, Account account,
                       const std::atomic<int>& stop) {
  CountShow show(in, sink, [&deltas] { return deltas.take(); });
  account.attached = account.wanted = tracepoints.attached();
  if (in.sandbox) TRY(give_up_rights(counter.counters()));

  counter.enable();
  report_attached_by_name(account);
  TRY(show.run(
      stop, loss_teller(kCountLosses, counter.counters(), [&] { return tracepoints.missed(); })));
  counter.disable();
  tracepoints.detach();
  // Programs that were still running when they went inert have finished by now.
  TRY(show.last());

  account.printed = deltas.total();
  account.lost = TRY(counter.counters().totals()).lost;
  account.missed = tracepoints.missed();
  report_counted(account);
  return 0;
}

struct Attached {
  Counter counter;
  Tracepoints tracepoints;
  std::string not_covered;
};

Result<Attached> attach(const st_config& config, const Count& count, bool ends_of_functions) {
  std::string not_covered;
  Counter counter = TRY(Counter::of_calls(config, count, ends_of_functions, &not_covered));
  Tracepoints tracepoints = TRY(counter.attach_calls());
  return Attached{std::move(counter), std::move(tracepoints), std::move(not_covered)};
}

}  // namespace

Result<int> count_calls(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  TRY(check_host(Places::tracepoints));
  TRY(raise_limits(0, read_host()));
  Account account;
  account.places = "tracepoints";
  const auto begin = std::chrono::steady_clock::now();
  const bool calls = in.count.what == Count::What::calls;
  const bool ends = calls && TRY(can_leave_sleepers());
  auto attached = attach(config, in.count, ends);
  if (!attached && ends) attached = attach(config, in.count, false);
  auto [counter, tracepoints, not_covered] = TRY(std::move(attached));
  account.attach_took = std::chrono::steady_clock::now() - begin;
  // After all that can refuse: a refusal truncates no file.
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));
  say("not counted: " + not_covered);
  if (calls) {
    return count_with(OperationDeltas(counter.tallies()), counter, tracepoints, in, sink, account,
                      stop);
  }
  return count_with(KeyDeltas(counter.tallies(), static_cast<st_count_by>(in.count.by)), counter,
                    tracepoints, in, sink, account, stop);
}

}  // namespace socketrace
