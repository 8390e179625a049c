// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <span>
#include <string_view>

namespace socketrace {

// The candidate that differs least from what was typed; empty when none is near.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> candidates);

}  // namespace socketrace
