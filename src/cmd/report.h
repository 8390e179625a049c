// SPDX-License-Identifier: BSD-2-Clause
// What stderr tells: the lists, the attach, the end.
#pragma once

#include <string>
#include <vector>

#include "cli/invocation.h"
#include "run/account.h"
#include "select/target.h"

namespace socketrace {

std::string full_name(const Skipped& one);  // "nf_hook_slow [nf_tables]"

// Notes of the selection, and with -v every skipped function with its reason; without -v too if
// functions were asked for by name and few were skipped. Returns whether every reason was told.
bool report_selection(const Targets& targets, const Selection& selection);
bool report_skipped(const std::vector<Skipped>& skipped, const Selection& selection);

// What a message ends with that tells of skipped functions.
constexpr const char* remedy(bool explained) {
  return explained ? "" : ": -v tells why";
}

void report_attached(const Account& account);
void report_attached_by_name(const Account& account);  // "attached 3 tracepoints in 0.01 s"
void report_end(const Account& account);
void report_counted(const Account& account);  // `printed`: what was counted

}  // namespace socketrace
