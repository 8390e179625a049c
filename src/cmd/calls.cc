// SPDX-License-Identifier: BSD-2-Clause
// `calls`: a line for every socket call with its result, and for every change of state.
#include "bpf/contract/calls.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <chrono>
#include <span>

#include "attach/object.h"
#include "attach/tracepoints.h"
#include "calls.skel.h"
#include "cli/calls.h"
#include "cmd/cmd.h"
#include "cmd/loading.h"
#include "cmd/session.h"
#include "events/clock.h"
#include "events/decode_call.h"
#include "events/stop.h"
#include "format/call_line.h"
#include "host/host.h"
#include "run/teller.h"

namespace socketrace {
namespace {

constexpr uint32_t kState = 1u << ST_CALL_STATE;

class CallTeller final : public Teller {
 public:
  explicit CallTeller(const View& view) : line_(view.timestamp, WallClock(realtime_offset_ns)) {}

  Told put_record(Buffer& out, std::span<const std::byte> record) override {
    CallEvent event;
    if (!decode_call(record, event)) return Told::malformed;
    line_.put(out, event);
    return Told::line;
  }

 private:
  CallLine line_;
};

struct Number {
  st_call call;
  long number;  // of a 64-bit program
};
constexpr std::array kNumbers = {
    Number{ST_CALL_BIND, SYS_bind},         Number{ST_CALL_CONNECT, SYS_connect},
    Number{ST_CALL_LISTEN, SYS_listen},     Number{ST_CALL_ACCEPT, SYS_accept},
    Number{ST_CALL_ACCEPT4, SYS_accept4},   Number{ST_CALL_SENDTO, SYS_sendto},
    Number{ST_CALL_RECVFROM, SYS_recvfrom}, Number{ST_CALL_SENDMSG, SYS_sendmsg},
    Number{ST_CALL_RECVMSG, SYS_recvmsg},   Number{ST_CALL_SENDMMSG, SYS_sendmmsg},
    Number{ST_CALL_RECVMMSG, SYS_recvmmsg}, Number{ST_CALL_CLOSE, SYS_close},
};
static_assert(kNumbers.size() == ST_CALL_STATE);

// The socket calls of 32-bit programs, which other numbers stand for: socketcall, bind to accept4,
// sendto to recvmsg, recvmmsg, sendmmsg, recvmmsg_time64. Not close: of what, is not looked at.
#if defined(__x86_64__)
constexpr std::array kCompatNumbers = {102, 361, 362, 363, 364, 369, 370, 371, 372, 337, 345, 417};
// x32: connect, accept, sendto, bind, listen, accept4; and those of its own, recvfrom, sendmsg,
// recvmsg, recvmmsg, sendmmsg.
constexpr std::array kX32Numbers = {42, 43, 44, 49, 50, 288, 517, 518, 519, 537, 538};
#elif defined(__aarch64__)
constexpr std::array<int, 0> kX32Numbers = {};
constexpr std::array kCompatNumbers = {282, 283, 284, 285, 289, 290, 291,
                                       292, 296, 297, 365, 366, 374, 417};
#else
constexpr std::array<int, 0> kCompatNumbers = {};
constexpr std::array<int, 0> kX32Numbers = {};
#endif

template <typename Numbers>
void fill_numbers(Numbers& numbers, uint32_t events) {
  for (const Number& one : kNumbers) {
    if ((events & (1u << one.call)) == 0) continue;
    numbers[one.number] = static_cast<uint8_t>(one.call + 1);
  }
  for (const int number : kCompatNumbers) numbers[number] |= ST_NUMBER_COMPAT;
  for (const int number : kX32Numbers) numbers[number] |= ST_NUMBER_X32;
}

void add_unseen(Account& account, const volatile st_unseen& unseen) {
  const auto add = [&](uint64_t count, const char* what) {
    if (count != 0) account.remarks.push_back(fmt::format("{} {}", count, what));
  };
  add(unseen.compat, "calls of 32-bit and x32 programs not shown");
  add(unseen.messages, "messages not shown (64 of one call are)");
  add(unseen.unfollowed, "calls not shown (too many at once)");
}

}  // namespace

Result<int> calls(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  TRY(check_host(Places::tracepoints));
  uint32_t events = in.calls.events != 0 ? in.calls.events : default_call_events();
  if (in.match.failed) events &= ~kState;  // a change of state has no result
  const bool has_calls = (events & ~kState) != 0;

  Object<calls_bpf> object = TRY(Object<calls_bpf>::open());
  configure(object, config, in.buffer_bytes);
  if (has_calls) fill_numbers(object->rodata->st_numbers, events);
  object->rodata->st_follow_state = (events & kState) != 0;
  bpf_program__set_autoload(object->progs.st_state_change, (events & kState) != 0);
  bpf_program__set_autoload(object->progs.st_call_begins, has_calls);
  bpf_program__set_autoload(object->progs.st_call_ends, has_calls);
  TRY(raise_limits(0, read_host()));
  TRY(load_or_tell(object));
  // After all that can refuse: a refusal truncates no file.
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));

  Account account;
  account.places = "tracepoints";
  const auto begin = std::chrono::steady_clock::now();
  Tracepoints tracepoints = TRY(Tracepoints::attach(object->obj));
  account.attach_took = std::chrono::steady_clock::now() - begin;
  CallTeller teller(in.view);
  Session session = TRY(session_of(object, in, stop));
  session.add_remarks = [&](Account& a) { add_unseen(a, object->bss->st_unseen); };
  return run_session(session, tracepoints, teller, sink, account);
}

}  // namespace socketrace
