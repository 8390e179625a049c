// SPDX-License-Identifier: BSD-2-Clause
// What the sub-commands have beyond the filters of the main job, and share.
#include <array>

#include "bpf/event.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/process.h"

namespace socketrace {
namespace {

constexpr std::array kOutcome = {
    OptionSpec{"--filter-uid", 0, "UID|NAME", Arity::list,
               append<&Match::uids, parse_uid, ST_MAX_UIDS>,
               "user of the process: a number, or a name of /etc/passwd"},
    OptionSpec{"--failed", 0, "", Arity::flag, set<&Invocation::match, &Match::failed>,
               "only what ended with an error (EINPROGRESS is none)"},
};

}  // namespace

const OptionGroup& outcome_options() {
  static constexpr OptionGroup kGroup = {"Filtering by user and outcome", kOutcome};
  return kGroup;
}

}  // namespace socketrace
