// SPDX-License-Identifier: BSD-2-Clause
#include <array>
#include <string_view>

#include "cli/count.h"
#include "cli/options.h"

namespace socketrace {
namespace {

Result<void> count_by(Invocation& invocation, std::string_view value) {
  if (invocation.count.what != Count::What::nothing) {
    return Error::usage("stands alone: want functions, calls, or --by KEY");
  }
  invocation.count.by = TRY(parse_count_key(value));
  invocation.count.what = Count::What::keys;
  return {};
}

constexpr auto kCount = &Invocation::count;
constexpr std::array kCountOptions = {
    OptionSpec{"--by", 0, "KEY", Arity::one, count_by,
               "accepts and connects, by process and: family, protocol, comm (nothing more), pid, "
               "port (own of an accept, remote of a connect) or addr"},
    OptionSpec{"--interval", 'i', "SECONDS", Arity::one,
               store<kCount, &Count::interval, parse_interval>,
               "print every SECONDS, 0.5 too (default: 1); 0: once, at the end"},
    OptionSpec{"--intervals", 'n', "N", Arity::one,
               store<kCount, &Count::intervals, parse_intervals>,
               "end after N intervals (default: Ctrl-C ends it, and prints the last)"},
};

}  // namespace

const OptionGroup& counting_options() {
  static constexpr OptionGroup kGroup = {"Counting", kCountOptions};
  return kGroup;
}

}  // namespace socketrace
