// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode_call.h"

#include <cstdint>

namespace socketrace {
namespace {

bool is_call(const st_call_record& record, size_t room) {
  const st_event& event = record.event;
  const bool with_names = event.sections == ST_SECTION_UNIX;
  const size_t length = with_names ? sizeof(record) : offsetof(st_call_record, unix_names);
  if (event.length != length || length > room || (event.sections != 0 && !with_names)) return false;
  if (record.address_read > ST_ADDRESS_FAULT || record.address_taken > ST_SOCKADDR_LEN)
    return false;
  return !with_names || (record.unix_names.local_len <= ST_UNIX_NAME_LEN &&
                         record.unix_names.peer_len <= ST_UNIX_NAME_LEN);
}

}  // namespace

bool decode_call(std::span<const std::byte> bytes, CallEvent& decoded) {
  decoded = {};
  if (bytes.size() < sizeof(st_event) ||
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(st_call_record) != 0) {
    return false;
  }
  const auto* event = reinterpret_cast<const st_event*>(bytes.data());
  if (event->func == ST_CALL_STATE) {
    if (event->length != sizeof(st_state_change) || bytes.size() < sizeof(st_state_change) ||
        event->sections != 0) {
      return false;
    }
    decoded.change = reinterpret_cast<const st_state_change*>(bytes.data());
    return true;
  }
  const auto* call = reinterpret_cast<const st_call_record*>(bytes.data());
  if (event->func >= ST_CALL_COUNT || bytes.size() < offsetof(st_call_record, unix_names) ||
      !is_call(*call, bytes.size())) {
    return false;
  }
  decoded.call = call;
  return true;
}

}  // namespace socketrace
