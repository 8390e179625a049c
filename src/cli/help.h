// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <span>
#include <string>

#include "cli/commands.h"

namespace socketrace {

// `table` is named in the help of the main job, as far as it holds other commands.
std::string help_text(std::span<const CommandSpec> table, const CommandSpec& command);
std::string version_text();  // of ours; main adds the version of libbpf

}  // namespace socketrace
