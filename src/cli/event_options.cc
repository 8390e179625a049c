// SPDX-License-Identifier: BSD-2-Clause
// What the sub-commands have beyond the filters of the main job, and share.
#include <array>

#include "cli/filters.h"
#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

constexpr std::array kOutcome = {
    filter_uid("user of the process: a number, or a name of /etc/passwd"),
    OptionSpec{"--failed", 0, "", Arity::flag, set<&Invocation::match, &Match::failed>,
               "only what ended with an error (EINPROGRESS is none)"},
};

}  // namespace

const OptionGroup& outcome_options() {
  static constexpr OptionGroup kGroup = {"Filtering by user and outcome", kOutcome};
  return kGroup;
}

}  // namespace socketrace
