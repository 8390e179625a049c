// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <span>

#include "bpf/calls.h"

namespace socketrace {

// The record of `calls` that these bytes are, in the ring's memory; nullptr: not well-formed.
const st_state_change* decode_call(std::span<const std::byte> bytes);

}  // namespace socketrace
