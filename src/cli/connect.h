// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

Result<ConnectStyle> parse_connect_style(std::string_view text);

// "port" (also without a value), "process".
Result<HistogramBy> parse_histogram(std::string_view text);

// Histograms take the place of lines: what shapes lines has nothing to shape.
Result<void> check_connect_conflicts(const Invocation& invocation);

}  // namespace socketrace
