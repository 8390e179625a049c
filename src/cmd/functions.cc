// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "attach/backends/kprobe_blacklist.h"
#include "attach/backends/stale_events.h"
#include "attach/bpf_code.h"
#include "host/explain.h"

namespace socketrace {
namespace {

// What kprobes refuse, and kprobe-multi need not.
void leave_out_blacklisted(Targets& targets) {
  const KprobeBlacklist blacklist = KprobeBlacklist::load();
  const auto listed =
      std::stable_partition(targets.targets.begin(), targets.targets.end(),
                            [&blacklist](const Target& target) { return !blacklist.has(target); });
  for (auto target = listed; target != targets.targets.end(); ++target) {
    targets.skipped.push_back({target->name, target->module, explain_kprobe_blacklist()});
  }
  targets.targets.erase(listed, targets.targets.end());
}

// What the running kernel can do. Its own BTF says so, also with --btf FILE, where it has any.
KernelOffers find_offers(const Types& types, const Selection& selection) {
  const auto of = [](const Types& kernel) {
    return KernelOffers{.multi_link = has_struct(kernel, "bpf_kprobe_multi_link"),
                        .perf_cookie = has_struct(kernel, "bpf_perf_link")};
  };
  if (selection.btf_path.empty()) return of(types);
  Selection own;
  own.modules.mode = ModuleChoice::Mode::none;
  const auto running = load_types(own);
  return running ? of(**running) : of(types);
}

// The functions to trace by this way. Without kprobe-multi each probe costs milliseconds to attach
// and far more to detach, so sk_buff functions are left out there unless asked for by type or name.
Result<Targets> find_targets(const Types& types, Selection selection, Way way) {
  const bool narrowed =
      way != Way::kprobe_multi && !selection.kinds.given && selection.include_pattern.empty();
  if (narrowed) selection.kinds.sk_buff = false;
  Targets targets = keep_traceable(TRY(pick_by_type(types, selection)));
  if (way != Way::kprobe_multi) leave_out_blacklisted(targets);
  if (narrowed) {
    targets.notes.emplace_back(
        "this kernel has no kprobe-multi (CONFIG_FPROBE): probing one by one, sock and socket "
        "functions only; --trace-types sock,socket,sk_buff adds the rest");
  }
  return targets;
}

Result<Targets> choose_targets(const Types& types, const Selection& selection, Way way) {
  Targets targets = TRY(find_targets(types, selection, way));
  if (targets.targets.empty()) {
    if (targets.skipped.empty()) {
      return Error("no function matches: --list-funcs shows what can be traced");
    }
    if (const Skipped& only = targets.skipped.front(); targets.skipped.size() == 1) {
      return Error(full_name(only) + " cannot be traced: " + only.reason);
    }
    const bool explained = report_skipped(targets.skipped, selection);
    return Error(fmt::format("none of {} matching functions can be traced{}",
                             targets.skipped.size(), remedy(explained)));
  }
  return targets;
}

bool addresses_unknown(const Targets& targets) {
  return std::any_of(targets.targets.begin(), targets.targets.end(),
                     [](const Target& target) { return target.address == 0; });
}

// Where many functions share a cookie, a hit is told by its address alone; single kprobes have a
// cookie each. Says so when it has to be those, although they take longer to detach.
Way settle_way(Way way, KprobeWay wanted, const Targets& targets) {
  constexpr const char* kThen = ": probing by single kprobes, which take longer to remove";
  if (wanted != KprobeWay::automatic) return way;
  if (way == Way::kprobe_cookie) {
    if (const Doors doors = find_doors(); !doors.probe_events) {
      say(doors.probe_events.error().text() + kThen);
    }
  }
  if (way != Way::event_cookie || !addresses_unknown(targets)) return way;
  say(std::string("functions cannot be told by their addresses") + kThen);
  return Way::kprobe_cookie;
}

}  // namespace

Result<Chosen> choose_functions(const Invocation& in) {
  Chosen chosen;
  chosen.types = TRY(load_types(in.selection));
  chosen.offers = find_offers(*chosen.types, in.selection);
  chosen.way = TRY(choose_way(in.way, chosen.offers));
  chosen.targets = TRY(choose_targets(*chosen.types, in.selection, chosen.way));
  chosen.explained = report_selection(chosen.targets, in.selection);
  chosen.way = settle_way(chosen.way, in.way, chosen.targets);
  if (in.selection.strict && !chosen.targets.skipped.empty()) {
    return Error(fmt::format("--strict: {} selected functions cannot be traced{}",
                             chosen.targets.skipped.size(), remedy(chosen.explained)));
  }
  return chosen;
}

Result<Targets> list_functions(const Selection& selection, KprobeWay wanted) {
  const TypesPtr types = TRY(load_types(selection));
  const Way way = TRY(choose_way(wanted, find_offers(*types, selection)));
  Targets listed = TRY(find_targets(*types, selection, way));
  report_selection(listed, selection);
  return listed;
}

Result<void> choose_single_kprobes(Chosen& chosen, const Invocation& in) {
  chosen.way = TRY(choose_way(KprobeWay::kprobe, chosen.offers));
  chosen.targets = TRY(choose_targets(*chosen.types, in.selection, chosen.way));
  return {};
}

Result<std::optional<SymbolTable>> load_symbols(const Chosen& chosen, bool for_stacks) {
  const bool nameless = !tells_target(chosen.way) && addresses_unknown(chosen.targets);
  if (!for_stacks && !nameless) return std::optional<SymbolTable>();
  SymbolTable symbols = TRY(SymbolTable::load());
  if (for_stacks) symbols.bound_bpf(loaded_bpf_code());
  if (nameless && symbols.addresses_hidden()) {
    return Error(
        "by probe events, and below 5.15 by single kprobes, a hit is known by its address only, "
        "and /proc/kallsyms hides addresses: CAP_SYSLOG and sysctl -w kernel.kptr_restrict=1 show "
        "them");
  }
  return std::optional<SymbolTable>(std::move(symbols));
}

void sweep(const std::atomic<int>& stop) {
  ProgressBar bar("removing what a killed socketrace left");
  if (const size_t removed = remove_stale_events(bar.progress(stop))) {
    say(fmt::format("removed {} disarmed probes that a killed socketrace left", removed));
  }
}

Account account_of(const Chosen& chosen, const Probes& probes) {
  Account account;
  account.way = chosen.way;
  account.attached = probes.attached();
  account.wanted = chosen.targets.targets.size() + chosen.targets.skipped.size();
  account.explained = chosen.explained;
  return account;
}

void detach(Probes& probes, std::optional<ExpeditedRcu>& rcu, const std::atomic<int>& stop) {
  if (rcu) {
    if (auto begun = rcu->begin(); !begun) say(begun.error().text());
  }
  ProgressBar bar("detaching");
  probes.detach(bar.progress(stop));
  if (rcu) {
    if (auto ended = rcu->end(); !ended) say(ended.error().text());
  }
  if (const size_t left = probes.left_to_kernel(); left != 0) {
    say(fmt::format("{} inert probes are left to the kernel, which removes them as we exit", left));
  }
  if (const size_t left = probes.left_defined(); left != 0) {
    say(
        fmt::format("{} definitions of probes, disarmed, are left in kprobe_events: the next start "
                    "removes them",
                    left));
  }
}

}  // namespace socketrace
