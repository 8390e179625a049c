// SPDX-License-Identifier: BSD-2-Clause
// Messages of `dump` as text: a header in the words of sockdump, then the payload.
//   12:00:01.123 >>> process curl [4242 -> 17] path /run/x.sock len 64(64) inode=4711
//   peer_inode=4712
#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "bpf/contract/dump.h"
#include "cli/invocation.h"
#include "events/clock.h"
#include "events/messages.h"

namespace socketrace {

// The name that a message goes by: of the end that matched, of the named one where both or neither
// did. Raw bytes, as in struct st_unix; empty: both ends are unnamed.
std::string_view message_name(const st_message& head);

// The header without its time:
//   >>> process curl [4242 -> 17] path /run/x.sock len 64(64) inode=4711 peer_inode=4712
void put_message_words(Buffer& out, const st_message& head);

class MessageText {
 public:
  MessageText(DumpFormat format, WallClock clock);

  void put(Buffer& out, const Message& message);

 private:
  void put_time(Buffer& out, uint64_t time_ns);

  DumpFormat format_;
  WallClock clock_;
  int64_t cached_second_ = INT64_MIN;
  char cached_text_[16];
  size_t cached_length_ = 0;
};

}  // namespace socketrace
