// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "bpf/contract/connect.h"

namespace socketrace {

// A checked view of one attempt to connect; borrows the ring's memory, valid until the next record.
struct Attempt {
  const st_connect* told = nullptr;
  std::string_view exe;   // components of a path from the last to the first, each with a NUL
  std::string_view args;  // each with a NUL, or cut
  std::string_view host;
  bool host_is_foreign = false;  // another process learned it
};

// What a program received from a DNS server; borrowed likewise.
struct ReceivedAnswer {
  const st_answer* told = nullptr;
  std::span<const uint8_t> bytes;

  bool is_cut() const { return told->whole > bytes.size(); }
};

// Of which kind is the record? `false` also for what is none at all.
bool is_answer(std::span<const std::byte> bytes);

// False when the bytes are not a well-formed record.
bool decode_connect(std::span<const std::byte> bytes, Attempt& attempt);
bool decode_answer(std::span<const std::byte> bytes, ReceivedAnswer& answer);

}  // namespace socketrace
