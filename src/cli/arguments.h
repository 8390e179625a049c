// SPDX-License-Identifier: BSD-2-Clause
// Words of the command line -> options with their values, unchecked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/commands.h"

namespace socketrace {

struct Given {
  const OptionSpec* option;
  std::string value;
};

struct Arguments {
  const CommandSpec* command = nullptr;
  std::vector<Given> given;            // in the order of the command line
  std::vector<std::string> leftovers;  // words that are no option and no value
  size_t options_ended = SIZE_MAX;     // the leftovers from this one on came after "--"
};

// `table`: commands(), or a smaller one in tests; borrowed.
Result<Arguments> sort_arguments(std::span<const CommandSpec> table,
                                 const std::vector<std::string>& words);

}  // namespace socketrace
