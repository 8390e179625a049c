// SPDX-License-Identifier: BSD-2-Clause
// The main command: one line for every hit of a function that takes a socket.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "attach/config.h"
#include "attach/expedite.h"
#include "attach/host.h"
#include "attach/probes.h"
#include "attach/stale_events.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/rights.h"
#include "cmd/show.h"
#include "cmd/tracer.h"
#include "events/clock.h"
#include "events/decode.h"
#include "events/ring.h"
#include "events/stop.h"
#include "format/line.h"
#include "output/sink.h"
#include "select/pick.h"
#include "select/symbols.h"

namespace socketrace {
namespace {

using std::chrono::steady_clock;

// The functions to trace by this way. Without kprobe-multi each probe costs milliseconds to attach
// and far more to detach, so sk_buff functions are left out there unless asked for by type or name.
Result<Targets> choose_targets(const Types& types, Selection selection, Way way) {
  const bool narrowed =
      way != Way::kprobe_multi && !selection.kinds.given && selection.include_pattern.empty();
  if (narrowed) selection.kinds.sk_buff = false;
  Targets targets = keep_traceable(TRY(pick_by_type(types, selection)));
  if (narrowed) {
    targets.notes.emplace_back(
        "this kernel has no kprobe-multi (CONFIG_FPROBE): probing one by one, sock and socket "
        "functions only; --trace-types sock,socket,sk_buff adds the rest");
  }
  if (targets.targets.empty()) {
    return Error(targets.skipped.empty()
                     ? "no function matches: --list-funcs shows what can be traced"
                     : fmt::format("none of {} matching functions can be traced: -v tells why",
                                   targets.skipped.size()));
  }
  return targets;
}

class HitTeller final : public Teller {
 public:
  explicit HitTeller(LineFormat& format) : format_(format) {}
  void put_header(Buffer& out) override { format_.put_header(out); }
  Told put_record(Buffer& out, std::span<const std::byte> record) override {
    Hit hit;
    if (!decode(record, hit)) return Told::malformed;
    format_.put_hit(out, hit);
    return Told::line;
  }

 private:
  LineFormat& format_;
};

struct Live {
  std::optional<ExpeditedRcu> rcu;  // --expedite-rcu
  Tracer tracer;
  Probes probes;
};

Result<Live> attach_all(Way way, const st_config& config, const Invocation& in,
                        const Targets& targets, const std::atomic<int>& stop) {
  TRY(raise_limits(targets.targets.size(), read_host()));
  std::optional<ExpeditedRcu> rcu;
  if (in.expedite_rcu) rcu.emplace(TRY(ExpeditedRcu::open()));
  Tracer tracer = TRY(Tracer::load(way, targets.targets, config, in.buffer_bytes));
  if (rcu) TRY(rcu->begin());
  ProgressBar bar("attaching");
  Probes probes = TRY(Probes::attach(way, tracer.programs(), targets.targets, bar.progress(stop)));
  if (rcu) TRY(rcu->end());
  return Live{std::move(rcu), std::move(tracer), std::move(probes)};
}

void detach(Live& live, const std::atomic<int>& stop) {
  Probes& probes = live.probes;
  if (live.rcu) {
    if (auto begun = live.rcu->begin(); !begun) say(begun.error().text());
  }
  ProgressBar bar("detaching");
  probes.detach(bar.progress(stop));
  if (live.rcu) {
    if (auto ended = live.rcu->end(); !ended) say(ended.error().text());
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

void sweep(const std::atomic<int>& stop) {
  ProgressBar bar("removing what a killed socketrace left");
  if (const size_t removed = remove_stale_events(bar.progress(stop))) {
    say(fmt::format("removed {} disarmed probes that a killed socketrace left", removed));
  }
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

// Stacks need every symbol. A hit that does not tell its target is told by its address alone: by
// the targets' own where they are known.
Result<std::optional<SymbolTable>> load_symbols(const View& view, Way way, const Targets& targets) {
  const bool nameless = !tells_target(way) && addresses_unknown(targets);
  if (!view.stack && !nameless) return std::optional<SymbolTable>();
  SymbolTable symbols = TRY(SymbolTable::load());
  if (nameless && symbols.addresses_hidden()) {
    return Error(
        "by probe events, and below 5.15 by single kprobes, a hit is known by its address only, "
        "and /proc/kallsyms hides addresses: CAP_SYSLOG and sysctl -w kernel.kptr_restrict=1 show "
        "them");
  }
  return std::optional<SymbolTable>(std::move(symbols));
}

// Each line that goes to a terminal by ssh is TCP traffic of its own, traced as well.
void warn_of_feedback(const Sink& sink, const Match& match) {
  if (sink.terminal() && match.empty() && std::getenv("SSH_CONNECTION") != nullptr) {
    say("warning: no filter, and this terminal is an ssh session: every line causes more hits; "
        "--filter-port, --filter-pid or --output-file avoids it");
  }
}

// What happens between the first hit and the last word.
Result<int> show_hits(Live& live, const Invocation& in, LineFormat& format, Account account,
                      Sink& sink, const std::atomic<int>& stop) {
  HitTeller teller(format);
  Show show(teller, sink, in.view.limit_lines, stop);
  Ring ring = TRY(Ring::open(live.tracer.ring_fd(),
                             [&show](std::span<const std::byte> r) { return show.on_record(r); }));
  teller.put_header(sink.buffer());
  TRY(sink.flush());
  if (in.sandbox) TRY(give_up_rights(live.tracer.counters()));

  live.tracer.enable();
  report_attached(account);  // now, not before: whoever waits for this line may start the traffic
  Result<void> end = show.run(ring);
  live.tracer.disable();
  if (end) end = show.drain(ring, live.tracer.counters());

  detach(live, stop);
  // Programs that were still running when the probes went inert have finished by now.
  if (end) end = show.drain(ring, live.tracer.counters());
  if (end) end = sink.finish();
  if (!end) return std::move(end).error();

  show.add_up(account, TRY(live.tracer.counters().totals()));
  account.missed = live.probes.missed();
  report_end(account);
  return 0;
}

}  // namespace

Result<int> trace(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  TRY(check_host());
  const TypesPtr types = TRY(load_types(in.selection));
  const KernelOffers offers{.multi_link = has_struct(*types, "bpf_kprobe_multi_link"),
                            .perf_cookie = has_struct(*types, "bpf_perf_link")};
  Way way = TRY(choose_way(in.way, offers));
  Targets targets = TRY(choose_targets(*types, in.selection, way));
  report_selection(targets);
  way = settle_way(way, in.way, targets);
  if (in.selection.strict && !targets.skipped.empty()) {
    return Error(fmt::format("--strict: {} selected functions cannot be traced: -v tells why",
                             targets.skipped.size()));
  }
  const std::optional<SymbolTable> symbols = TRY(load_symbols(in.view, way, targets));
  // Before anything is attached, and after all that can refuse: a refusal truncates no file.
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));
  warn_of_feedback(sink, in.match);
  sweep(stop);
  if (stop != 0) return 0;

  const auto begin = steady_clock::now();
  Result<Live> live = attach_all(way, config, in, targets, stop);
  if (!live && way == Way::kprobe_multi && in.way == KprobeWay::automatic &&
      live.error().errnum() == EOPNOTSUPP) {
    say(live.error().text() + ": falling back to single kprobes");
    way = TRY(choose_way(KprobeWay::kprobe, offers));
    targets = TRY(choose_targets(*types, in.selection, way));
    live = attach_all(way, config, in, targets, stop);
  }
  if (!live) return std::move(live).error();
  report_skipped(live->probes.skipped());

  Account account;
  account.attached = live->probes.attached();
  account.wanted = targets.targets.size() + targets.skipped.size();
  if (live->probes.interrupted()) {
    detach(*live, stop);
    report_end(account);
    return 0;
  }
  account.way = way;
  account.attach_took = steady_clock::now() - begin;
  LineFormat format(in.view, targets.targets, symbols ? &*symbols : nullptr, realtime_offset_ns());
  return show_hits(*live, in, format, account, sink, stop);
}

}  // namespace socketrace
