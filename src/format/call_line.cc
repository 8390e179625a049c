// SPDX-License-Identifier: BSD-2-Clause
#include "format/call_line.h"

#include <netinet/in.h>

#include <array>
#include <string_view>

#include "format/endpoint.h"
#include "format/escape.h"
#include "format/names.h"

namespace socketrace {
namespace {

// As sockwho spells them; the last one came with 6.8 (91051f003948).
constexpr std::array<std::string_view, 14> kStates = {
    "",         "Established", "SynSent",        "SynReceived",  "FinWait1",
    "FinWait2", "TimeWait",    "Close",          "CloseWait",    "LastAck",
    "Listen",   "Closing",     "NewSynReceived", "BoundInactive"};
static_assert(!kStates.back().empty());

void put_state(Buffer& out, unsigned state) {
  put_name(out, state < kStates.size() ? kStates[state] : std::string_view(), state);
}

// "curl/4242"; "-/-": whose socket it is was not seen.
void put_owner(Buffer& out, const st_event& event) {
  if (event.tgid == 0 && event.comm[0] == '\0') {
    out.put("-/-");
    return;
  }
  put_escaped(out, {event.comm, strnlen(event.comm, ST_COMM_LEN)});
  out.put('/');
  out.put_number(event.tgid);
}

}  // namespace

void CallLine::put(Buffer& out, const st_state_change& change) {
  const st_event& event = change.event;
  Hit hit;
  hit.event = &event;
  time_.put(out, event.time_ns);
  put_owner(out, event);
  out.put(" socket::set_state(");
  put_local(out, hit);
  out.put(" <-> ");
  put_remote(out, hit);
  out.put(") ");
  put_state(out, change.old_state);
  out.put(" -> ");
  put_state(out, event.state);
  if (event.protocol != IPPROTO_TCP) {
    out.put(" protocol=");
    put_name(out, protocol_name_in(event.family, event.protocol), event.protocol);
  }
  out.put('\n');
}

}  // namespace socketrace
