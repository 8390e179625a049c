// SPDX-License-Identifier: BSD-2-Clause
// From the selection to live probes: the way of every command that hooks functions.
#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "attach/expedite.h"
#include "attach/probes.h"
#include "base/log.h"
#include "cli/invocation.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "host/host.h"
#include "select/pick.h"
#include "select/symbols.h"

namespace socketrace {

struct Chosen {
  TypesPtr types;
  KernelOffers offers;
  Way way = Way::kprobe_multi;
  Targets targets;
  bool explained = false;  // the reasons of all that was skipped were told
};
// The functions to hook and the best way to do it. Tells what is left out; --strict refuses.
Result<Chosen> choose_functions(const Invocation& in);

// What choose_functions would hook, and nothing else; none is no error. Tells what is left out.
Result<Targets> list_functions(const Selection& selection, KprobeWay wanted);

// A kernel whose multi links turn out to be missing is hooked one by one.
Result<void> choose_single_kprobes(Chosen& chosen, const Invocation& in);

// Stacks need every symbol. A hit that does not tell its target is told by its address alone: by
// the targets' own where they are known.
Result<std::optional<SymbolTable>> load_symbols(const Chosen& chosen, bool for_stacks);

// Probe events that a killed socketrace left.
void sweep(const std::atomic<int>& stop);

// Of what `chosen` says, as far as it is live.
Account account_of(const Chosen& chosen, const Probes& probes);

template <typename Loaded>
struct Live {
  std::optional<ExpeditedRcu> rcu;  // --expedite-rcu
  Loaded loaded;
  Probes probes;
  std::chrono::duration<double> attach_took{};
};

// `load` makes the programs of a Chosen: Result<Loaded>, with Loaded::programs(). They stay inert.
template <typename Loaded, typename Load>
Result<Live<Loaded>> attach_once(const Chosen& chosen, const Invocation& in,
                                 const std::atomic<int>& stop, const Load& load) {
  const auto begin = std::chrono::steady_clock::now();
  TRY(raise_limits(chosen.targets.targets.size(), read_host()));
  std::optional<ExpeditedRcu> rcu;
  if (in.expedite_rcu) rcu.emplace(TRY(ExpeditedRcu::open()));
  Loaded loaded = TRY(load(chosen));
  if (rcu) TRY(rcu->begin());
  ProgressBar bar("attaching");
  Probes probes = TRY(
      Probes::attach(chosen.way, loaded.programs(), chosen.targets.targets, bar.progress(stop)));
  if (rcu) TRY(rcu->end());
  return Live<Loaded>{std::move(rcu), std::move(loaded), std::move(probes),
                      std::chrono::steady_clock::now() - begin};
}

template <typename Loaded, typename Load>
Result<Live<Loaded>> attach_functions(Chosen& chosen, const Invocation& in,
                                      const std::atomic<int>& stop, const Load& load) {
  Result<Live<Loaded>> live = attach_once<Loaded>(chosen, in, stop, load);
  if (!live && chosen.way == Way::kprobe_multi && in.way == KprobeWay::automatic &&
      live.error().errnum() == EOPNOTSUPP) {
    say(live.error().text() + ": falling back to single kprobes");
    TRY(choose_single_kprobes(chosen, in));
    live = attach_once<Loaded>(chosen, in, stop, load);
  }
  if (live) {
    chosen.explained = report_skipped(live->probes.skipped(), in.selection) && chosen.explained;
  }
  return live;
}

// With short grace periods again if there is an `rcu`.
void detach(Probes& probes, std::optional<ExpeditedRcu>& rcu, const std::atomic<int>& stop);

}  // namespace socketrace
