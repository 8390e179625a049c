// SPDX-License-Identifier: BSD-2-Clause
// `calls`: a line for every socket call with its result, and for every change of state.
#include "bpf/calls.h"

#include <chrono>

#include "attach/host.h"
#include "attach/object.h"
#include "attach/tracepoints.h"
#include "calls.skel.h"
#include "cmd/cmd.h"
#include "cmd/loading.h"
#include "cmd/session.h"
#include "cmd/teller.h"
#include "events/clock.h"
#include "events/decode_call.h"
#include "events/stop.h"
#include "format/call_line.h"

namespace socketrace {
namespace {

class CallTeller final : public Teller {
 public:
  explicit CallTeller(const View& view) : line_(view.timestamp, realtime_offset_ns()) {}

  Told put_record(Buffer& out, std::span<const std::byte> record) override {
    const st_state_change* change = decode_call(record);
    if (change == nullptr) return Told::malformed;
    line_.put(out, *change);
    return Told::line;
  }

 private:
  CallLine line_;
};

}  // namespace

Result<int> calls(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  TRY(check_host(Places::tracepoints));
  Object<calls_bpf> object = TRY(Object<calls_bpf>::open());
  configure(object, config, in.buffer_bytes);
  bpf_program__set_autoload(object->progs.st_state_change, true);
  TRY(raise_limits(0, read_host()));
  // After all that can refuse but the kernel: a refusal truncates no file.
  TRY(load_or_tell(object));
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));

  Account account;
  account.places = "tracepoints";
  const auto begin = std::chrono::steady_clock::now();
  Tracepoints tracepoints = TRY(Tracepoints::attach(object->obj));
  account.attach_took = std::chrono::steady_clock::now() - begin;
  CallTeller teller(in.view);
  return run_session(TRY(session_of(object, in, stop)), tracepoints, teller, sink, account);
}

}  // namespace socketrace
