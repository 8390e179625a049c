// SPDX-License-Identifier: BSD-2-Clause
// A sub-command from its attached programs to its last word: ring -> teller -> sink until an end
// (signal, limit, duration, closed reader), drain, detach, account.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "attach/counters.h"
#include "attach/tracepoints.h"
#include "base/result.h"
#include "cli/invocation.h"
#include "cmd/loading.h"
#include "cmd/report.h"
#include "output/sink.h"
#include "run/teller.h"

namespace socketrace {

struct Session {
  const Invocation& in;
  const std::atomic<int>& stop;  // of install_stop_signals()
  int ring_fd;
  uint32_t& reader_sleeps;  // of st_state
  Counters counters;
  std::function<void(bool)> set_enabled;
  // What else the account tells at the end; may be empty. Files cannot be opened any more.
  std::function<void(Account&)> add_remarks = {};
};

// `object` is borrowed for as long as the session.
template <typename Skeleton>
Result<Session> session_of(const Object<Skeleton>& object, const Invocation& in,
                           const std::atomic<int>& stop) {
  return Session{in,
                 stop,
                 ring_of(object),
                 reader_sleeps(object),
                 TRY(counters_of(object)),
                 [&object](bool enabled) { set_enabled(object, enabled); }};
}

// Exit status. `account.attach_took` and `.places` are the caller's.
Result<int> run_session(const Session& session, Tracepoints& tracepoints, Teller& teller,
                        Sink& sink, Account account);

}  // namespace socketrace
