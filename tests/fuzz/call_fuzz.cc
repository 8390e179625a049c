// SPDX-License-Identifier: BSD-2-Clause
// A record of `calls`, as any bytes: decode_call gives it or refuses it, and it is one line without
// a control byte.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "events/decode_call.h"
#include "format/call_line.h"
#include "property.h"

using namespace socketrace;

namespace {

// Lengths that fit the sections, as one in a billion of random bytes has them.
void repair(st_call_record& record, size_t room) {
  st_event& event = record.event;
  event.func %= ST_CALL_COUNT;
  const bool named = room >= sizeof(st_call_record);
  event.sections = named ? ST_SECTION_UNIX : 0;
  event.length = named ? sizeof(st_call_record) : offsetof(st_call_record, unix_names);
  if (event.func == ST_CALL_STATE) {
    event.sections = 0;
    event.length = sizeof(st_state_change);
  }
  record.address_read &= 3;
  record.address_taken = std::min<uint8_t>(record.address_taken, ST_SOCKADDR_LEN);
  record.unix_names.local_len %= ST_UNIX_NAME_LEN + 1;
  record.unix_names.peer_len %= ST_UNIX_NAME_LEN + 1;
}

void check_line(const CallEvent& event) {
  Buffer out(64);
  CallLine(TimestampStyle::monotonic, 0).put(out, event);
  const std::string_view line = out.view();
  MUST(line.ends_with('\n'));
  MUST(is_printable(line.substr(0, line.size() - 1)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const bool mend = (data[0] & 1) != 0;
  ++data, --size;
  const auto record = std::make_unique<st_call_record>();
  std::memcpy(record.get(), data, std::min(size, sizeof(*record)));
  if (mend) repair(*record, size);
  const size_t length = mend ? sizeof(*record) : std::min(size, sizeof(*record));
  CallEvent event;
  const bool taken = decode_call({reinterpret_cast<const std::byte*>(record.get()), length}, event);
  MUST(taken == (event.call != nullptr || event.change != nullptr));
  MUST(taken || !mend);
  if (taken) check_line(event);
  return 0;
}
