// SPDX-License-Identifier: BSD-2-Clause
#include "cli/help.h"

#include <doctest/doctest.h>

#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "../golden.h"
#include "command_line.h"

using namespace socketrace;

// tests/golden/help.txt for the main job, help_NAME.txt for each sub-command.
TEST_CASE("--help of every command is what it was, and fits the terminal") {
  for (const CommandSpec& command : commands()) {
    CAPTURE(command.name);
    std::vector<std::string> words = {"--help"};
    if (!command.name.empty()) words.insert(words.begin(), std::string(command.name));
    const auto invocation = parse_words(words);
    REQUIRE(invocation);
    CHECK(invocation->command == Command::help);
    std::string golden = "help";
    if (!command.name.empty()) golden.append(1, '_').append(command.name);
    check_golden(golden.append(".txt"), invocation->text);
    std::istringstream lines(invocation->text);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= 100);
      CHECK_FALSE(line.ends_with(' '));
    }
  }
}

TEST_CASE("the examples of every command are understood") {
  for (const CommandSpec& command : commands()) {
    std::istringstream lines{std::string(command.examples)};
    int examples = 0;
    for (std::string line; std::getline(lines, line); ++examples) {
      CAPTURE(line);
      auto words = words_of(line);
      REQUIRE(words.size() > 1);
      CHECK(words.front() == "socketrace");
      words.erase(words.begin());
      const auto parsed = parse_words(words);
      REQUIRE(parsed);
      CHECK((command.name.empty() || parsed->command == command.command));
    }
    CHECK(examples > 0);
  }
}

TEST_CASE("--help and --version are answered whatever else is on the line") {
  CHECK(parse_words({"-h"})->command == Command::help);
  CHECK(parse_words({"-vh"})->command == Command::help);
  CHECK(parse_words({"--frobnicate", "x", "--help"})->command == Command::help);
  CHECK(parse_words({"--filter-port", "x", "--help"})->command == Command::help);
  CHECK(parse_words({"--version", "--help"})->command == Command::help);
  CHECK(parse_words({"--list-funcs", "--version"})->command == Command::version);
}

TEST_CASE("--version names us; the kernel side adds libbpf") {
  const auto invocation = parse_words({"--version"});
  REQUIRE(invocation);
  CHECK(invocation->command == Command::version);
  CHECK(invocation->text == "socketrace 0.1.0\n");
}

TEST_CASE("the tables hold every option once, with what the help needs") {
  for (const CommandSpec& command : commands()) {
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const OptionGroup* group : command.groups) {
      for (const OptionSpec& option : group->options) {
        CAPTURE(option.name);
        CHECK(names.insert(option.name).second);
        if (option.letter != 0) CHECK(letters.insert(option.letter).second);
        CHECK(option.value.empty() == (option.arity == Arity::flag));
        CHECK_FALSE(option.help.empty());
      }
    }
  }
}
