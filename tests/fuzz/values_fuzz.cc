// SPDX-License-Identifier: BSD-2-Clause
// The value of one option, past the splitting of the command line: a hundred times as many inputs
// reach the filters.
//   input: OPTION=VALUE; an unknown option stands for one of the known
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/list.h"
#include "invocation_checks.h"

using namespace socketrace;

namespace {

std::vector<const OptionSpec*> options_with_values() {
  std::vector<const OptionSpec*> options;
  for (const OptionGroup* group : commands().front().groups) {
    for (const OptionSpec& option : group->options) {
      if (option.arity != Arity::flag) options.push_back(&option);
    }
  }
  return options;
}

const OptionSpec& option_named(const std::vector<const OptionSpec*>& options,
                               std::string_view name) {
  for (const OptionSpec* option : options) {
    if (option->name == name) return *option;
  }
  return *options[std::accumulate(name.begin(), name.end(), 0U) % options.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto kOptions = options_with_values();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // argv holds no NULs; of what an option makes of them nothing is promised.
  const size_t equals = input.find('=');
  if (equals == std::string_view::npos || input.find('\0') != std::string_view::npos) return 0;
  const OptionSpec& option = option_named(kOptions, input.substr(0, equals));
  const std::string_view value = input.substr(equals + 1);

  std::vector<std::string_view> items = {value};
  if (option.arity == Arity::list) {
    auto split = split_list(value);
    if (!split) {
      check_usage_error(split.error());
      return 0;
    }
    items = std::move(split).value();
  }
  Invocation invocation;
  for (const std::string_view item : items) {
    if (const auto applied = option.apply(invocation, item); !applied) {
      check_usage_error(applied.error());
      return 0;
    }
  }
  check_invocation(invocation);
  return 0;
}
