// SPDX-License-Identifier: BSD-2-Clause
// Ring -> records -> lines -> sink, until an end.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "attach/counters.h"
#include "base/result.h"
#include "events/ring.h"
#include "output/sink.h"
#include "run/account.h"
#include "run/teller.h"

namespace socketrace {

class Show {
 public:
  // Borrows all but `limit` (0: none); `stop` is the counter of events/stop.h. `between` is called
  // again and again between two lines, also while records come without a pause.
  Show(Teller& teller, Sink& sink, uint64_t limit, const std::atomic<int>& stop,
       std::function<void()> between)
      : teller_(teller), sink_(sink), limit_(limit), stop_(stop), between_(std::move(between)) {}

  // For Ring::open: prints one record; false once the end is reached. Under overload the ring never
  // runs dry, so the wish to stop is looked at here too.
  bool on_record(std::span<const std::byte> bytes);

  // Until a stop signal, the limit, a closed reader or an output error (the error is returned).
  // `reader_sleeps` is shared with the programs: while it is set, the next record wakes us.
  Result<void> run(Ring& ring, uint32_t& reader_sleeps);
  // After the probes went inert: what is still in the ring, until every matched hit is accounted
  // for. A second Ctrl-C skips the rest.
  Result<void> drain(Ring& ring, const Counters& counters);

  // Once the sink is finished: every hit of `totals`, by what became of it.
  void add_up(Account& account, const Totals& totals) const;

 private:
  bool at_limit() const { return limit_ != 0 && printed_ >= limit_; }
  // Records that were taken from the ring, whatever became of them.
  uint64_t told() const { return printed_ + malformed_ + silent_; }
  bool ended() const { return failure_.has_value() || sink_.closed() || at_limit(); }
  // Whether a record was there.
  Result<bool> consume_and_flush(Ring& ring);

  Teller& teller_;
  Sink& sink_;
  uint64_t limit_;
  const std::atomic<int>& stop_;
  std::function<void()> between_;
  int stop_at_ = 1;  // while draining a first Ctrl-C has been heeded already: 2
  uint64_t printed_ = 0;
  uint64_t malformed_ = 0;  // records that did not decode: counted, never shown
  uint64_t silent_ = 0;
  std::optional<Error> failure_;
};

}  // namespace socketrace
