// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string_view>

namespace socketrace {

// Of the library that runs, which need not be the one we were built with: "1.1".
std::string_view libbpf_version();

}  // namespace socketrace
