// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <span>

#include "bpf/contract/calls.h"

namespace socketrace {

// A checked view of one record of `calls`, in the ring's memory; one of the two is there.
struct CallEvent {
  const st_call_record* call = nullptr;
  const st_state_change* change = nullptr;
};

// False when the bytes are not a well-formed record.
bool decode_call(std::span<const std::byte> bytes, CallEvent& event);

}  // namespace socketrace
