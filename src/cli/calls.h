// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

// EVENT of `calls`.
Result<void> apply_call_event(Invocation& invocation, std::string_view word);

// The events when none is named, as bits (1 << enum st_call).
uint32_t default_call_events();

}  // namespace socketrace
