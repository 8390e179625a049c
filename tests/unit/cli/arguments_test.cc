// SPDX-License-Identifier: BSD-2-Clause
#include "cli/arguments.h"

#include <doctest/doctest.h>

#include <array>

#include "cli/help.h"

using namespace socketrace;

namespace {

// The main job and a sub-command that shares one group of options with it.
std::span<const CommandSpec> table() {
  static const std::array kMain = {&filtering_options(), &general_options()};
  static const std::array kConnect = {&filtering_options()};
  static const std::array kTable = {
      CommandSpec{Command::trace, "", "Main.", kMain, ""},
      CommandSpec{Command::list_funcs, "connect", "Connections.", kConnect, ""},
  };
  return kTable;
}

}  // namespace

TEST_CASE("without a command's name the options are the main job's, in their order") {
  const auto sorted = sort_arguments(table(), {"--filter-port", "1", "-v", "--filter-port=2", "x"});
  REQUIRE(sorted);
  CHECK(sorted->command == &table()[0]);
  REQUIRE(sorted->given.size() == 3);
  CHECK(sorted->given[0].value == "1");
  CHECK(sorted->given[1].option->name == "--verbose");
  CHECK(sorted->given[2].value == "2");
  CHECK(sorted->leftovers == std::vector<std::string>{"x"});
}

TEST_CASE("a sub-command takes its own options, and only those") {
  const auto sorted = sort_arguments(table(), {"connect", "--filter-port", "1", "--quiet", "x"});
  REQUIRE(sorted);
  CHECK(sorted->command == &table()[1]);
  REQUIRE(sorted->given.size() == 1);
  CHECK(sorted->given[0].option->name == "--filter-port");
  CHECK(sorted->leftovers == std::vector<std::string>{"--quiet", "x"});

  const auto missing = sort_arguments(table(), {"connect", "--filter-port"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text() == "--filter-port: needs a value: N[-M]");

  const auto early = sort_arguments(table(), {"-v", "connect"});
  REQUIRE_FALSE(early);
  CHECK(early.error().text() == "--verbose: stands before 'connect': want options after it");
}

TEST_CASE("a command's name is one as the first word only") {
  const auto twice = sort_arguments(table(), {"connect", "connect", "--", "--filter-port"});
  REQUIRE(twice);
  CHECK(twice->command == &table()[1]);
  CHECK(twice->leftovers == std::vector<std::string>{"connect", "--filter-port"});
  CHECK(twice->options_ended == 1);
  const auto value = sort_arguments(table(), {"--filter-comm", "connect"});
  REQUIRE(value);
  CHECK(value->command == &table()[0]);
  CHECK(value->leftovers.empty());
}

TEST_CASE("the main help names the commands") {
  CHECK(help_text(table(), table()[0])
            .starts_with("Usage: socketrace [OPTION]...\nMain.\n\n"
                         "Commands ('socketrace COMMAND --help' tells more):\n"
                         "  connect                       Connections.\n\nFiltering"));
  CHECK(help_text(table(), table()[1])
            .starts_with("Usage: socketrace connect [OPTION]...\nConnections.\n\nFiltering"));
}
