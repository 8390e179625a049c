// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode_call.h"

#include <cstdint>

namespace socketrace {

const st_state_change* decode_call(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(st_state_change) ||
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(st_state_change) != 0) {
    return nullptr;
  }
  const auto* change = reinterpret_cast<const st_state_change*>(bytes.data());
  if (change->event.length != sizeof(st_state_change)) return nullptr;
  return change->event.func == ST_CALL_STATE ? change : nullptr;
}

}  // namespace socketrace
