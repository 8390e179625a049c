// SPDX-License-Identifier: BSD-2-Clause
#include "cli/calls.h"

#include <array>

#include "bpf/contract/calls.h"

namespace socketrace {
namespace {

constexpr uint32_t bit(st_call call) {
  return 1u << call;
}

struct Event {
  std::string_view name;
  std::string_view other_name;  // sockwho's
  uint32_t calls;
};
constexpr std::array kEvents = {
    Event{"bind", "", bit(ST_CALL_BIND)},
    Event{"connect", "", bit(ST_CALL_CONNECT)},
    Event{"listen", "", bit(ST_CALL_LISTEN)},
    Event{"accept", "accept4", bit(ST_CALL_ACCEPT) | bit(ST_CALL_ACCEPT4)},
    Event{"sendto", "send-to", bit(ST_CALL_SENDTO)},
    Event{"recvfrom", "recv-from", bit(ST_CALL_RECVFROM)},
    Event{"sendmsg", "", bit(ST_CALL_SENDMSG)},
    Event{"recvmsg", "", bit(ST_CALL_RECVMSG)},
    Event{"sendmmsg", "", bit(ST_CALL_SENDMMSG)},
    Event{"recvmmsg", "", bit(ST_CALL_RECVMMSG)},
    Event{"close", "", bit(ST_CALL_CLOSE)},
    Event{"state", "socket-state", bit(ST_CALL_STATE)},
};

constexpr uint32_t kEvery = [] {
  uint32_t every = 0;
  for (const Event& event : kEvents) every |= event.calls;
  return every;
}();
static_assert(kEvery == (1u << ST_CALL_COUNT) - 1, "a call without a word for it");

}  // namespace

Result<void> apply_call_event(Invocation& invocation, std::string_view word) {
  for (const Event& event : kEvents) {
    if (word != event.name && (event.other_name.empty() || word != event.other_name)) continue;
    invocation.calls.events |= event.calls;
    return {};
  }
  return Error::usage(
      "not an event: want bind, connect, listen, accept, sendto, recvfrom, sendmsg, recvmsg, "
      "sendmmsg, recvmmsg, close or state");
}

uint32_t default_call_events() {
  return bit(ST_CALL_BIND) | bit(ST_CALL_CONNECT) | bit(ST_CALL_LISTEN) | bit(ST_CALL_ACCEPT) |
         bit(ST_CALL_ACCEPT4) | bit(ST_CALL_STATE);
}

}  // namespace socketrace
