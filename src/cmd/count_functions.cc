// SPDX-License-Identifier: BSD-2-Clause
// `count functions`: how often the main command would have printed each function.
#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attach/config.h"
#include "base/log.h"
#include "cmd/count.h"
#include "cmd/counter.h"
#include "cmd/functions.h"
#include "cmd/losses.h"
#include "cmd/report.h"
#include "cmd/rights.h"
#include "events/stop.h"
#include "format/function_names.h"
#include "host/host.h"
#include "run/count_show.h"

namespace socketrace {
namespace {

std::string text_of(std::string_view name, std::string_view module) {
  Buffer out(64);
  put_function(out, name, module);
  return std::string(out.view());
}

// What was hit since the last time it was asked.
class FunctionHits {
 public:
  // Borrows all; symbols may be nullptr.
  FunctionHits(Counter& counter, const std::vector<Target>& targets, const SymbolTable* symbols)
      : counter_(counter), targets_(targets), symbols_(symbols), names_(targets, symbols) {}

  Result<std::vector<Counted>> take() { return counter_.by_address() ? by_address() : by_index(); }
  uint64_t total() const { return total_; }

 private:
  Result<std::vector<Counted>> by_index() {
    std::vector<Counted> hit;
    seen_.resize(targets_.size());
    for (uint32_t i = 0; i < targets_.size(); ++i) {
      const uint64_t now = TRY(counter_.tallies().read(&i))[0];
      add(hit, text_of(targets_[i].name, targets_[i].module), now, seen_[i]);
    }
    return hit;
  }

  Result<std::vector<Counted>> by_address() {
    std::vector<Counted> hit;
    TRY(counter_.tallies().read_all([&](auto key, auto sums) {
      uint64_t address = 0;
      std::memcpy(&address, key.data(), sizeof address);
      add(hit, name_at(address), sums[0], seen_at_[address]);
    }));
    return hit;
  }

  void add(std::vector<Counted>& hit, std::string name, uint64_t now, uint64_t& seen) {
    if (now == seen) return;
    hit.push_back({std::move(name), now - seen});
    total_ += now - seen;
    seen = now;
  }

  std::string name_at(uint64_t address) const {
    const uint32_t target = names_.target_at(address);
    if (target != FunctionNames::kNone)
      return text_of(targets_[target].name, targets_[target].module);
    Symbol symbol;
    if (symbols_ != nullptr && symbols_->find(address, symbol)) {
      return text_of(symbol.name, symbol.module);
    }
    return fmt::format("{:#x}", address);
  }

  Counter& counter_;
  const std::vector<Target>& targets_;
  const SymbolTable* symbols_;
  FunctionNames names_;
  std::vector<uint64_t> seen_;
  std::unordered_map<uint64_t, uint64_t> seen_at_;
  uint64_t total_ = 0;
};

}  // namespace

Result<int> count_functions(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  TRY(check_host());
  Chosen chosen = TRY(choose_functions(in));
  const std::optional<SymbolTable> symbols = TRY(load_symbols(chosen, false));
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));
  sweep(stop);
  if (stop != 0) return 0;

  const auto load = [&](const Chosen& now) {
    return Counter::of_functions(now.way, now.targets.targets, config);
  };
  Live<Counter> live = TRY(attach_functions<Counter>(chosen, in, stop, load));
  Account account = account_of(chosen, live.probes);
  if (live.probes.interrupted()) {
    detach(live.probes, live.rcu, stop);
    report_counted(account);
    return 0;
  }
  account.attach_took = live.attach_took;
  Counter& counter = live.loaded;
  FunctionHits hits(counter, chosen.targets.targets, symbols ? &*symbols : nullptr);
  CountShow show(in, sink, [&hits]() -> Result<std::vector<std::string>> {
    return function_lines(TRY(hits.take()));
  });
  if (in.sandbox) TRY(give_up_rights(counter.counters()));

  counter.enable();
  report_attached(account);
  TRY(show.run(
      stop, loss_teller(kCountLosses, counter.counters(), [&] { return live.probes.missed(); })));
  counter.disable();
  TRY(show.last());
  detach(live.probes, live.rcu, stop);

  // What programs that were still running when the probes went inert have added since.
  const uint64_t shown = hits.total();
  TRY(hits.take());
  account.printed = shown;
  account.undrained = hits.total() - shown;
  account.lost = TRY(counter.counters().totals()).lost;
  account.missed = live.probes.missed();
  report_counted(account);
  return 0;
}

}  // namespace socketrace
