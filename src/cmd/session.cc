// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/session.h"

#include <span>
#include <utility>

#include "cmd/losses.h"
#include "cmd/rights.h"
#include "events/ring.h"
#include "events/stop.h"
#include "run/show.h"

namespace socketrace {

Result<int> run_session(const Session& session, Tracepoints& tracepoints, Teller& teller,
                        Sink& sink, Account account) {
  const View& view = session.in.view;
  Show show(teller, sink, view.limit_lines, session.stop,
            loss_teller(kHitLosses, session.counters, [&] { return tracepoints.missed(); }));
  Ring ring = TRY(Ring::open(session.ring_fd,
                             [&show](std::span<const std::byte> r) { return show.on_record(r); }));
  teller.put_header(sink.buffer());
  TRY(sink.flush());
  account.attached = account.wanted = tracepoints.attached();
  if (view.duration.count() != 0) stop_after(view.duration);
  if (session.in.sandbox) TRY(give_up_rights(session.counters));

  session.set_enabled(true);
  report_attached_by_name(account);  // now: whoever waits for this line may start the traffic
  Result<void> end = show.run(ring, session.reader_sleeps);
  session.set_enabled(false);
  if (end) end = show.drain(ring, session.counters);

  tracepoints.detach();
  // Programs that were still running when they went inert have finished by now.
  if (end) end = show.drain(ring, session.counters);
  teller.put_footer(sink.buffer());
  if (end) end = sink.finish();
  if (!end) return std::move(end).error();

  show.add_up(account, TRY(session.counters.totals()));
  account.missed = tracepoints.missed();
  if (session.add_remarks) session.add_remarks(account);
  report_end(account);
  return 0;
}

}  // namespace socketrace
