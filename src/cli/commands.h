// SPDX-License-Identifier: BSD-2-Clause
// The command table. A new sub-command is one row here, and one file in cmd/.
#pragma once

#include <span>
#include <string_view>

#include "cli/invocation.h"
#include "cli/options.h"

namespace socketrace {

// The words of a sub-command that are no options.
struct OperandSpec {
  std::string_view name;  // "EVENT"; empty: the command takes none
  Result<void> (*apply)(Invocation& invocation, std::string_view word) = nullptr;
  std::string_view help;
  bool required = false;
  bool many = false;  // each word is applied; otherwise one word at most
};

struct CommandSpec {
  Command command;
  std::string_view name;  // empty: the main job, named by no word
  std::string_view summary;
  std::span<const OptionGroup* const> groups;
  std::string_view examples;  // whole lines
  OperandSpec operand = {};
};

// The first is the main job.
std::span<const CommandSpec> commands();

// By "--name" or "-x"; nullptr: the command has no such option.
const OptionSpec* find_option(const CommandSpec& command, std::string_view word);

}  // namespace socketrace
