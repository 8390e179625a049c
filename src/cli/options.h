// SPDX-License-Identifier: BSD-2-Clause
// The tables that everything about options is made from: parsing, help, suggestions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

enum class Arity {
  flag,      // no value
  one,       // one value, given once
  optional,  // a value or none (kNoValue is applied then), given once
  list,      // repeatable, and A,B,... each time; applied element by element
};

inline constexpr std::string_view kNoValue = "any";

struct OptionSpec {
  std::string_view name;   // "--filter-port"
  char letter;             // 'v' for -v; 0: none
  std::string_view value;  // "N[-M]" in the help; empty for a flag
  Arity arity;
  Result<void> (*apply)(Invocation& invocation, std::string_view value);
  std::string_view help;
};

struct OptionGroup {
  std::string_view title;
  std::span<const OptionSpec> options;
};

const OptionGroup& selecting_options();
// The same filters; their help says whose process the command's is.
const OptionGroup& filtering_options();
const OptionGroup& filtering_options_of_calls();
const OptionGroup& filtering_options_of_connects();
const OptionGroup& filtering_options_of_counts();
const OptionGroup& output_options();
const OptionGroup& attaching_options();
// Of the sub-commands that show calls and connections.
const OptionGroup& outcome_options();
const OptionGroup& line_options();
const OptionGroup& connect_line_options();
const OptionGroup& interval_options();
const OptionGroup& running_options();
const OptionGroup& counting_options();
const OptionGroup& count_running_options();
const OptionGroup& general_options();
const OptionGroup& connect_options();
// Of `dump`: what is shown, and how.
const OptionGroup& dump_filtering_options();
const OptionGroup& dump_output_options();

// ---- ways to apply a value, for the tables ------------------------------------------------------

// Stores what `Parse` makes of the value: store<&Invocation::view, &View::timestamp, parse_...>.
template <auto Part, auto Member, auto Parse>
Result<void> store(Invocation& invocation, std::string_view value) {
  invocation.*Part.*Member = TRY(Parse(value));
  return {};
}

// Appends it to a list that the kernel side has room for `Most` of.
template <auto Member, auto Parse, size_t Most>
Result<void> append(Invocation& invocation, std::string_view value) {
  auto& list = invocation.match.*Member;
  if (list.size() == Most) return Error::usage("too many values: at most " + std::to_string(Most));
  list.push_back(TRY(Parse(value)));
  return {};
}

// Sets a flag.
template <auto Part, auto Member>
Result<void> set(Invocation& invocation, std::string_view) {
  invocation.*Part.*Member = true;
  return {};
}

}  // namespace socketrace
