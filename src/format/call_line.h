// SPDX-License-Identifier: BSD-2-Clause
// Lines of `calls`, in the grammar of sockwho:
//   curl/4242/5 syscall::connect(192.30.255.113:443) = -115 [EINPROGRESS]
//   curl/4242 socket::set_state(192.168.0.2:0 <-> 192.30.255.113:443) Close -> SynSent
// A call that was given no address shows the socket's own remote end after "peer". A message of
// sendmmsg and recvmmsg has " message=1/4 bytes=5" behind the result of the call.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "bpf/contract/calls.h"
#include "events/clock.h"
#include "events/decode_call.h"
#include "format/timestamp.h"

namespace socketrace {

class CallLine {
 public:
  CallLine(TimestampStyle style, WallClock clock) : time_(style, clock) {}

  void put(Buffer& out, const CallEvent& event);

 private:
  TimeColumn time_;
};

}  // namespace socketrace
