// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bpf/contract/event.h"

namespace socketrace {

// A checked view of one record; borrows the ring's memory, valid until the next record.
struct Hit {
  const st_event* event = nullptr;
  const st_more* more = nullptr;  // these three: nullptr if not in this record
  const st_details* details = nullptr;
  const st_unix* unix_names = nullptr;
  std::span<const uint64_t> frames;
};

// False when the bytes are not a well-formed record: wrong length, unknown section, torn header.
// The record may be shorter than the bytes (a reservation of fixed size), never longer.
bool decode(std::span<const std::byte> bytes, Hit& hit);

}  // namespace socketrace
