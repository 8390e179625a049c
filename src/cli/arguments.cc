// SPDX-License-Identifier: BSD-2-Clause
// The only file that sees CLI11; none of its exceptions leaves it.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace socketrace {
namespace {

using Registered = std::map<const CLI::Option*, const OptionSpec*>;

std::string cli11_name(const OptionSpec& option) {
  std::string name;
  if (option.letter != 0) name = {'-', option.letter, ','};
  return name += option.name;
}

void add_options(CLI::App& app, const CommandSpec& command, Registered& registered) {
  app.set_help_flag();  // ours is a row of the table
  app.allow_extras();   // leftovers are reported in our words
  for (const OptionGroup* group : command.groups) {
    for (const OptionSpec& spec : group->options) {
      const bool flag = spec.arity == Arity::flag;
      CLI::Option* option =
          flag ? app.add_flag(cli11_name(spec)) : app.add_option(cli11_name(spec));
      if (spec.arity == Arity::optional) option->expected(0, 1)->default_str(std::string(kNoValue));
      // Repetition is judged by us. Without extra arguments a value stays as it was typed; with
      // them CLI11 takes "[a-z]" for a list and strips the brackets.
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
      registered[option] = &spec;
    }
  }
}

// CLI11 2.1 takes "--name=" as "--name" and eats the next word: say that the value is empty.
std::vector<std::string> with_empty_values(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--") {
      result.insert(result.end(), word, words.end());
      break;
    }
    if (word->size() > 3 && word->starts_with("--") && word->find('=') == word->size() - 1) {
      result.push_back(word->substr(0, word->size() - 1));
      result.emplace_back();
    } else {
      result.push_back(*word);
    }
  }
  return result;
}

// CLI11 fails for one reason only, as we use it: the last word is an option that wants a value.
Error missing_value(std::span<const CommandSpec> table, const std::string& word) {
  const OptionSpec* option = nullptr;
  for (const CommandSpec& command : table) {
    if (option == nullptr) option = find_option(command, word.substr(0, word.find('=')));
    if (option == nullptr && word.size() > 2) {
      option = find_option(command, std::string{'-', word.back()});  // "-vo"
    }
  }
  if (option == nullptr) return Error::usage("a value is missing after '" + word + "'");
  return Error::usage(std::string(option->name) + ": needs a value: " + std::string(option->value));
}

}  // namespace

Result<Arguments> sort_arguments(std::span<const CommandSpec> table,
                                 const std::vector<std::string>& words) {
  CLI::App app;
  Registered registered;
  std::map<const CLI::App*, const CommandSpec*> by_app;
  for (const CommandSpec& command : table) {
    CLI::App* owner = command.name.empty() ? &app : app.add_subcommand(std::string(command.name));
    add_options(*owner, command, registered);
    by_app[owner] = &command;
  }

  std::vector<std::string> reversed = with_empty_values(words);
  std::reverse(reversed.begin(), reversed.end());  // CLI11 eats from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError&) {
    return missing_value(table, words.empty() ? "" : words.back());
  }

  Arguments arguments;
  const auto chosen = app.get_subcommands();
  const CLI::App* owner = chosen.empty() ? &app : chosen.front();
  arguments.command = by_app.at(owner);
  if (!chosen.empty() && !app.parse_order().empty()) {
    return Error::usage(std::string(registered.at(app.parse_order().front())->name) +
                        ": stands before '" + owner->get_name() + "': want options after it");
  }
  std::map<const CLI::Option*, size_t> taken;
  for (const CLI::Option* option : owner->parse_order()) {
    arguments.given.push_back({registered.at(option), option->results().at(taken[option]++)});
  }
  arguments.leftovers = app.remaining(true);
  // A first "--" only says that no option follows; what follows it was not wanted either.
  auto& leftovers = arguments.leftovers;
  if (!leftovers.empty() && leftovers.front() == "--") {
    leftovers.erase(leftovers.begin());
    arguments.options_ended = true;
  }
  return arguments;
}

}  // namespace socketrace
