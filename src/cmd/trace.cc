// SPDX-License-Identifier: BSD-2-Clause
// The main command: one line for every hit of a function that takes a socket.
#include <atomic>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>

#include "attach/config.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/functions.h"
#include "cmd/losses.h"
#include "cmd/report.h"
#include "cmd/rights.h"
#include "cmd/tracer.h"
#include "events/clock.h"
#include "events/decode.h"
#include "events/ring.h"
#include "events/stop.h"
#include "format/line.h"
#include "host/host.h"
#include "output/sink.h"
#include "run/show.h"

namespace socketrace {
namespace {

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

// Each line that goes to a terminal by ssh is TCP traffic of its own, traced as well.
void warn_of_feedback(const Sink& sink, const Match& match) {
  if (sink.terminal() && match.empty() && std::getenv("SSH_CONNECTION") != nullptr) {
    say("warning: no filter, and this terminal is an ssh session: every line causes more hits; "
        "--filter-port, --filter-pid or --output-file avoids it");
  }
}

// What happens between the first hit and the last word.
Result<int> show_hits(Live<Tracer>& live, const Invocation& in, LineFormat& format, Account account,
                      Sink& sink, const std::atomic<int>& stop) {
  HitTeller teller(format);
  Show show(teller, sink, in.view.limit_lines, stop,
            loss_teller(kHitLosses, live.loaded.counters(), [&] { return live.probes.missed(); }));
  Ring ring = TRY(Ring::open(live.loaded.ring_fd(),
                             [&show](std::span<const std::byte> r) { return show.on_record(r); }));
  teller.put_header(sink.buffer());
  TRY(sink.flush());
  if (in.sandbox) TRY(give_up_rights(live.loaded.counters()));

  live.loaded.enable();
  report_attached(account);  // now, not before: whoever waits for this line may start the traffic
  Result<void> end = show.run(ring, live.loaded.reader_sleeps());
  live.loaded.disable();
  if (end) end = show.drain(ring, live.loaded.counters());

  detach(live.probes, live.rcu, stop);
  // Programs that were still running when the probes went inert have finished by now.
  if (end) end = show.drain(ring, live.loaded.counters());
  if (end) end = sink.finish();
  if (!end) return std::move(end).error();

  show.add_up(account, TRY(live.loaded.counters().totals()));
  account.missed = live.probes.missed();
  report_end(account);
  return 0;
}

}  // namespace

Result<int> trace(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  TRY(check_host());
  Chosen chosen = TRY(choose_functions(in));
  const std::optional<SymbolTable> symbols = TRY(load_symbols(chosen, in.view.stack));
  // Before anything is attached, and after all that can refuse: a refusal truncates no file.
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));
  warn_of_feedback(sink, in.match);
  sweep(stop);
  if (stop != 0) return 0;

  const auto load = [&](const Chosen& now) {
    return Tracer::load(now.way, now.targets.targets, config, in.buffer_bytes);
  };
  Live<Tracer> live = TRY(attach_functions<Tracer>(chosen, in, stop, load));
  Account account = account_of(chosen, live.probes);
  if (live.probes.interrupted()) {
    detach(live.probes, live.rcu, stop);
    report_end(account);
    return 0;
  }
  account.attach_took = live.attach_took;
  LineFormat format(in.view, chosen.targets.targets, symbols ? &*symbols : nullptr,
                    WallClock(realtime_offset_ns));
  return show_hits(live, in, format, account, sink, stop);
}

}  // namespace socketrace
