// SPDX-License-Identifier: BSD-2-Clause
// Lines of `calls`, in the grammar of sockwho:
//   curl/4242 socket::set_state(192.168.0.2:0 <-> 192.30.255.113:443) Close -> SynSent
#pragma once

#include "base/buffer.h"
#include "bpf/calls.h"
#include "format/timestamp.h"

namespace socketrace {

class CallLine {
 public:
  CallLine(TimestampStyle style, int64_t realtime_offset_ns) : time_(style, realtime_offset_ns) {}

  void put(Buffer& out, const st_state_change& change);

 private:
  TimeColumn time_;
};

}  // namespace socketrace
