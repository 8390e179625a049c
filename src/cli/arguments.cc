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
Error missing_value(const CommandSpec& command, const std::string& word) {
  const OptionSpec* option = find_option(command, word.substr(0, word.find('=')));
  if (option == nullptr && word.size() > 2) {
    option = find_option(command, std::string{'-', word.back()});  // "-vo"
  }
  if (option == nullptr) return Error::usage("a value is missing after '" + word + "'");
  return Error::usage(std::string(option->name) + ": needs a value: " + std::string(option->value));
}

// Not CLI11's subcommands: for those "calls connect" names two.
const CommandSpec* named(std::span<const CommandSpec> table, const std::string& word) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const CommandSpec& command) {
    return !command.name.empty() && command.name == word;
  });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

Result<Arguments> sort_arguments(std::span<const CommandSpec> table,
                                 const std::vector<std::string>& words) {
  Arguments arguments;
  const CommandSpec* sub_command = words.empty() ? nullptr : named(table, words.front());
  arguments.command = sub_command != nullptr ? sub_command : &table.front();
  CLI::App app;
  Registered registered;
  add_options(app, *arguments.command, registered);

  std::vector<std::string> rest = with_empty_values(words);
  if (sub_command != nullptr) rest.erase(rest.begin());
  std::reverse(rest.begin(), rest.end());  // CLI11 eats from the back
  try {
    app.parse(rest);
  } catch (const CLI::ParseError&) {
    return missing_value(*arguments.command, words.empty() ? "" : words.back());
  }

  std::map<const CLI::Option*, size_t> taken;
  for (const CLI::Option* option : app.parse_order()) {
    arguments.given.push_back({registered.at(option), option->results().at(taken[option]++)});
  }
  arguments.leftovers = app.remaining();
  // A first "--" only says that no option follows; what follows it was not wanted either.
  auto& leftovers = arguments.leftovers;
  const auto dashes = std::find(leftovers.begin(), leftovers.end(), "--");
  if (dashes != leftovers.end()) {
    arguments.options_ended = static_cast<size_t>(dashes - leftovers.begin());
    leftovers.erase(dashes);
  }
  if (sub_command == nullptr && !arguments.given.empty() && !leftovers.empty() &&
      named(table, leftovers.front()) != nullptr) {
    return Error::usage(std::string(arguments.given.front().option->name) + ": stands before '" +
                        leftovers.front() + "': want options after it");
  }
  return arguments;
}

}  // namespace socketrace
