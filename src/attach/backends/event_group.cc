// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/event_group.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <utility>

#include "attach/backends/event_files.h"
#include "attach/backends/ticker.h"
#include "attach/perf_event.h"
#include "select/kallsyms.h"

namespace socketrace {
namespace {

// No pid is larger (PID_MAX_LIMIT): namesakes in other pid namespaces evade each other in these
// steps.
constexpr uint64_t kPidStep = uint64_t{1} << 22;
constexpr uint64_t kNamesakes = 64;

// Whoever uses an event of ours (perf, trace-cmd) keeps it from being removed.
constexpr int kBusyTries = 50;
constexpr int kBusyWaitMs = 10;

// 0 when it cannot be told. It is among the first: no need to read on.
uint64_t address_of_text(const std::string& kallsyms) {
  std::ifstream file(kallsyms, std::ios::binary);
  std::string line;
  while (std::getline(file, line)) {
    if (!line.ends_with(" T _text")) continue;
    uint64_t address = 0;
    return parse_address(std::string_view(line).substr(0, line.find(' ')), address) ? address : 0;
  }
  return 0;
}

}  // namespace

Result<EventGroup> EventGroup::claim(const KernelFiles& files) {
  EventFiles opened = TRY(open_event_files(files));
  const auto pid = static_cast<uint64_t>(getpid());
  for (uint64_t number = pid; number < pid + kNamesakes * kPidStep; number += kPidStep) {
    std::string name = fmt::format("socketrace_{}", number);
    if (!lock_owner(opened.commands, number)) continue;
    if (access((opened.tracefs + "/events/" + name).c_str(), F_OK) == 0) continue;
    return EventGroup(std::move(opened.tracefs), std::move(opened.commands), std::move(name),
                      address_of_text(files.kallsyms));
  }
  return Error("all names for a group of probe events are taken");
}

EventGroup::~EventGroup() {
  remove_all({});
}

int EventGroup::define(const std::string& event, const Target& target) {
  const int errnum = give_command(
      commands_, fmt::format("p:{}/{} {}\n", name_, event, probe_place(target, text_)));
  if (errnum != 0) return errnum;
  if (events_.empty() || events_.back().name != event) events_.push_back({event, 0});
  events_.back().probes++;
  return 0;
}

Result<Fd> EventGroup::use(const std::string& event) const {
  return open_tracepoint_event(fmt::format("{}/events/{}/{}", tracefs_, name_, event));
}

bool EventGroup::remove(const std::string& event) {
  const std::string command = fmt::format("-:{}/{}\n", name_, event);
  int errnum = give_command(commands_, command);
  for (int tries = 0; errnum == EBUSY && tries < kBusyTries; tries++) {
    poll(nullptr, 0, kBusyWaitMs);
    errnum = give_command(commands_, command);
  }
  std::erase_if(events_, [&](const Event& one) { return one.name == event; });
  return errnum == 0 || errnum == ENOENT;
}

size_t EventGroup::remove_all(const Progress& progress) {
  size_t total = 0, done = 0, removed = 0;
  for (const Event& event : events_) total += event.probes;
  Ticker ticker(progress, total);
  while (!events_.empty() && !progress.stop_wanted(2)) {
    const Event last = events_.back();
    if (remove(last.name)) removed += last.probes;
    ticker.tick(done += last.probes);
  }
  events_.clear();
  return total - removed;
}

std::string probe_place(const Target& target, uint64_t text) {
  if (text != 0 && target.address >= text) return fmt::format("_text+{}", target.address - text);
  return target.module.empty() ? target.name : target.module + ":" + target.name;
}

}  // namespace socketrace
