// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "bpf/connect.h"

namespace socketrace {

// A checked view of one attempt to connect; borrows the ring's memory, valid until the next record.
struct Attempt {
  const st_connect* told = nullptr;
  std::string_view exe;   // components of a path from the last to the first, each with a NUL
  std::string_view args;  // each with a NUL, or cut
  std::string_view host;
};

// False when the bytes are not a well-formed record.
bool decode_connect(std::span<const std::byte> bytes, Attempt& attempt);

}  // namespace socketrace
