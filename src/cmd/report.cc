// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/report.h"

#include <fmt/format.h>

#include <string>

#include "base/log.h"
#include "select/named.h"

namespace socketrace {

std::string full_name(const Skipped& one) {
  constexpr size_t kLongest = 512;  // KSYM_NAME_LEN; a pattern may have 64 kB
  std::string name = one.name.substr(0, kLongest);
  if (name.size() < one.name.size()) name += "...";
  return one.module.empty() ? name : name + " [" + one.module + "]";
}

bool report_selection(const Targets& targets, const Selection& selection) {
  for (const std::string& note : targets.notes) say(note);
  return report_skipped(targets.skipped, selection);
}

bool report_skipped(const std::vector<Skipped>& skipped, const Selection& selection) {
  constexpr size_t kFew = 5;
  const bool few_by_name =
      skipped.size() <= kFew && !names_listed(selection.include_pattern).empty();
  for (const Skipped& one : skipped) {
    const std::string text = fmt::format("skipped {}: {}", full_name(one), one.reason);
    few_by_name ? say(text) : say_verbose(text);
  }
  return few_by_name || loudness() == Loudness::verbose;
}

void report_attached(const Account& account) {
  const size_t skipped = account.wanted - account.attached;
  say(fmt::format(
      "attached {} of {} functions by {} in {:.2f} s{}", account.attached, account.wanted,
      way_name(account.way), account.attach_took.count(),
      skipped == 0 ? "" : fmt::format(" ({} skipped{})", skipped, remedy(account.explained))));
}

void report_attached_by_name(const Account& account) {
  say(fmt::format("attached {} {} in {:.2f} s", account.attached, account.places,
                  account.attach_took.count()));
}

void report_end(const Account& account) {
  std::string text = fmt::format(
      "{} hits printed, {} lost (ring full), {} missed (re-entry), {}/{} {}", account.printed,
      account.lost, account.missed ? fmt::format("{}", *account.missed) : std::string("unknown"),
      account.attached, account.wanted, account.places);
  if (account.stack_failed != 0) text += fmt::format(", {} without stack", account.stack_failed);
  if (account.malformed != 0) text += fmt::format(", {} malformed records", account.malformed);
  if (account.undrained != 0)
    text += fmt::format(", {} not shown (the output ended first)", account.undrained);
  for (const std::string& remark : account.remarks) (text += ", ") += remark;
  say(text);
  if (account.lost != 0) say("hits were lost: a larger --buffer-size or a narrower filter helps");
}

void report_counted(const Account& account) {
  std::string text = fmt::format(
      "{} hits counted, {} lost (no room), {} missed (re-entry), {}/{} {}", account.printed,
      account.lost, account.missed ? fmt::format("{}", *account.missed) : std::string("unknown"),
      account.attached, account.wanted, account.places);
  if (account.undrained != 0) text += fmt::format(", {} after the last print", account.undrained);
  say(text);
}

}  // namespace socketrace
