// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace socketrace {

// "22,80" -> {"22", "80"}; an empty element is a usage error.
Result<std::vector<std::string_view>> split_list(std::string_view text);

}  // namespace socketrace
