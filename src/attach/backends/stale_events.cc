// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/stale_events.h"

#include <algorithm>
#include <vector>

#include "attach/backends/event_files.h"
#include "attach/backends/ticker.h"
#include "select/lines.h"

namespace socketrace {
namespace {

constexpr size_t kLongestListing = size_t{64} << 20;  // 65 000 events, as many as there can be

std::vector<NumberedEvent> stale_events(const EventFiles& files) {
  const auto listing = read_whole(files.tracefs + "/kprobe_events", kLongestListing);
  if (!listing) return {};
  std::vector<NumberedEvent> events = numbered_events(*listing);
  std::erase_if(events, [&](const auto& one) { return owner_is_alive(files.commands, one.owner); });
  return events;
}

}  // namespace

size_t remove_stale_events(const Progress& progress, const KernelFiles& files) {
  const auto opened = open_event_files(files);
  if (!opened) return 0;
  const std::vector<NumberedEvent> stale = stale_events(*opened);
  size_t total = 0, done = 0, removed = 0;
  for (const NumberedEvent& event : stale) total += event.probes;
  Ticker ticker(progress, total);
  for (const NumberedEvent& event : stale) {
    if (progress.stop_wanted(1)) break;
    if (give_command(opened->commands, "-:" + event.name + "\n") == 0) removed += event.probes;
    ticker.tick(done += event.probes);
  }
  return removed;
}

}  // namespace socketrace
