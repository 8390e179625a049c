// SPDX-License-Identifier: BSD-2-Clause
#include "cli/parse.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/conflicts.h"
#include "cli/help.h"
#include "cli/list.h"
#include "cli/suggest.h"

namespace socketrace {
namespace {

// What was typed, for a message: never the whole of a 64 kB pattern.
std::string shown(std::string_view typed) {
  constexpr size_t kMost = 80;
  if (typed.size() <= kMost) return std::string(typed);
  return std::string(typed.substr(0, kMost)) + "...";
}

// "--filter-port 70000"
std::string with_value(const OptionSpec& option, std::string_view value) {
  const bool quoted = value.empty() || value.find(' ') != value.npos;
  const std::string_view quote = quoted ? "'" : "";
  return std::string(option.name).append(1, ' ').append(quote).append(shown(value)).append(quote);
}

// ": did you mean 'NEAR'?", or nothing.
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
  const std::string_view near = nearest(typed, known);
  return near.empty() ? std::string() : ": did you mean '" + std::string(near) + "'?";
}

Error unknown_option(const CommandSpec& command, const std::string& word) {
  std::vector<std::string_view> known;
  for (const OptionGroup* group : command.groups) {
    for (const OptionSpec& option : group->options) known.push_back(option.name);
  }
  const std::string name = word.substr(0, word.find('='));
  return Error::usage("unknown option '" + shown(name) + "'" + did_you_mean(name, known));
}

// A bare word: of the main job it was meant to be a command.
Error unexpected_word(const CommandSpec& command, const std::string& word) {
  std::string text = "unexpected argument '" + shown(word) + "'";
  if (command.command != Command::trace) return Error::usage(std::move(text));
  std::vector<std::string_view> known;
  for (const CommandSpec& one : commands()) {
    if (!one.name.empty()) known.push_back(one.name);
  }
  const std::string meant = did_you_mean(word, known);
  if (!meant.empty()) return Error::usage(text + meant);
  text += ": want a command (";
  for (const std::string_view name : known) {
    if (text.back() != '(') text += ", ";
    text += name;
  }
  return Error::usage(text + ") or an option");
}

// The words that are no options and no values of any.
Result<void> apply_operands(const Arguments& arguments, Invocation& invocation) {
  const OperandSpec& operand = arguments.command->operand;
  for (size_t at = 0; at < arguments.leftovers.size(); ++at) {
    const std::string& word = arguments.leftovers[at];
    if (at < arguments.options_ended && word.size() >= 2 && word[0] == '-') {
      return unknown_option(*arguments.command, word);
    }
    if (operand.name.empty() || (at > 0 && !operand.many)) {
      return unexpected_word(*arguments.command, word);
    }
    if (auto applied = operand.apply(invocation, word); !applied) {
      return std::move(applied).error().within(
          std::string(operand.name).append(1, ' ').append(shown(word)));
    }
  }
  if (operand.required && arguments.leftovers.empty()) {
    return Error::usage("needs " + std::string(operand.name));
  }
  return {};
}

Result<void> apply_one(const OptionSpec& option, std::string_view value, Invocation& invocation) {
  auto applied = option.apply(invocation, value);
  if (applied) return {};
  return std::move(applied).error().within(with_value(option, value));
}

Result<void> apply(const CommandSpec& command, const Given& given, Invocation& invocation) {
  const OptionSpec& option = *given.option;
  const std::string name(option.name);
  if (option.arity == Arity::flag) {
    if (given.value != "true") {  // what CLI11 gives for a bare flag
      return Error::usage(name + ": takes no value, got '" + shown(given.value) + "'");
    }
    return apply_one(option, "", invocation);
  }
  if (given.value.size() > 1 &&
      find_option(command, std::string_view(given.value).substr(0, given.value.find('=')))) {
    return Error::usage(name + ": needs a value: " + std::string(option.value) +
                        ", got the option '" + shown(given.value) + "'");
  }
  if (option.arity != Arity::list) return apply_one(option, given.value, invocation);

  auto items = split_list(given.value);
  if (!items) {
    return std::move(items).error().within(with_value(option, given.value));
  }
  for (const std::string_view item : *items) TRY(apply_one(option, item, invocation));
  return {};
}

Result<void> reject_repetition(const std::vector<Given>& given) {
  for (auto one = given.begin(); one != given.end(); ++one) {
    if (one->option->arity != Arity::one && one->option->arity != Arity::optional) continue;
    const auto again = std::find_if(
        given.begin(), one, [&](const Given& earlier) { return earlier.option == one->option; });
    if (again != one) {
      return Error::usage(std::string(one->option->name) + ": given twice: want it once");
    }
  }
  return {};
}

bool asks_for(const Arguments& arguments, std::string_view name) {
  return std::any_of(arguments.given.begin(), arguments.given.end(),
                     [&](const Given& given) { return given.option->name == name; });
}

}  // namespace

Result<Invocation> parse_command_line(int argc, const char* const* argv) {
  const Arguments arguments =
      TRY(sort_arguments(commands(), {argv + std::min(argc, 1), argv + argc}));
  const CommandSpec& command = *arguments.command;
  Invocation invocation;
  // These two are answered whatever else is on the line: whoever asks for help needs it.
  if (asks_for(arguments, "--help")) {
    invocation.command = Command::help;
    invocation.text = help_text(commands(), command);
    return invocation;
  }
  if (asks_for(arguments, "--version")) {
    invocation.command = Command::version;
    invocation.text = version_text();
    return invocation;
  }
  invocation.command = command.command;
  TRY(apply_operands(arguments, invocation));
  TRY(reject_repetition(arguments.given));
  for (const Given& given : arguments.given) TRY(apply(command, given, invocation));
  TRY(check_conflicts(invocation));
  return invocation;
}

}  // namespace socketrace
