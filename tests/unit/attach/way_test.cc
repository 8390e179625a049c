// SPDX-License-Identifier: BSD-2-Clause
#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "attach/probes.h"

using namespace socketrace;

namespace {
Doors doors(bool kprobe_pmu, bool probe_events) {
  Doors doors{.kprobe_pmu = kprobe_pmu, .probe_events = {}};
  if (!probe_events) doors.probe_events = Error::from_errno("/t/kprobe_events", EROFS);
  return doors;
}
Way way(KprobeWay wanted, KernelOffers offers, const Doors& found = {}) {
  auto chosen = choose_way(wanted, offers, found);
  REQUIRE(chosen.has_value());
  return *chosen;
}
std::string refusal(KprobeWay wanted, KernelOffers offers, const Doors& found) {
  auto chosen = choose_way(wanted, offers, found);
  REQUIRE_FALSE(chosen.has_value());
  CHECK(chosen.error().exit_status() == 1);
  return chosen.error().text();
}
bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

constexpr KernelOffers kNewest{.multi_link = true, .perf_cookie = true};     // 6.12, 7.2
constexpr KernelOffers kNoFprobe{.multi_link = false, .perf_cookie = true};  // 6.1
constexpr KernelOffers kOldest{.multi_link = false, .perf_cookie = false};   // 5.10
}  // namespace

TEST_CASE("the way by what the kernel offers") {
  CHECK(way(KprobeWay::automatic, kNewest) == Way::kprobe_multi);
  CHECK(way(KprobeWay::automatic, kNoFprobe) == Way::event_cookie);
  CHECK(way(KprobeWay::automatic, kNoFprobe, doors(false, true)) == Way::event_cookie);
  CHECK(way(KprobeWay::automatic, kNoFprobe, doors(true, false)) == Way::kprobe_cookie);
  CHECK(way(KprobeWay::automatic, kOldest) == Way::kprobe_plain);
  CHECK(way(KprobeWay::automatic, kNewest, doors(false, false)) == Way::kprobe_multi);
}

TEST_CASE("the way that the user forces") {
  CHECK(way(KprobeWay::kprobe, kNewest) == Way::kprobe_cookie);
  CHECK(way(KprobeWay::kprobe, kOldest) == Way::kprobe_plain);
  CHECK(way(KprobeWay::kprobe_event, kNewest, doors(false, true)) == Way::event_cookie);
  CHECK(way(KprobeWay::kprobe_event, kOldest) == Way::event_plain);
  CHECK(way(KprobeWay::kprobe_multi, kNewest) == Way::kprobe_multi);
}

TEST_CASE("ways that cannot be have a reason and a remedy") {
  for (const bool there : {true, false}) {
    const std::string text = refusal(KprobeWay::kprobe_multi, kNoFprobe, doors(there, there));
    CHECK(has(text, "CONFIG_FPROBE"));
    CHECK(has(text, "5.18"));
    CHECK(has(text, "--kprobe-way kprobe"));
  }
  CHECK(has(refusal(KprobeWay::automatic, kOldest, doors(false, false)), "CONFIG_KPROBES"));
  CHECK(has(refusal(KprobeWay::kprobe, kNewest, doors(false, true)), "CONFIG_KPROBES"));
  const std::string text = refusal(KprobeWay::kprobe_event, kNoFprobe, doors(true, false));
  CHECK(has(text, "/t/kprobe_events: Read-only file system"));
  CHECK(has(text, "--kprobe-way kprobe"));
}

TEST_CASE("names for the user") {
  CHECK(std::string(way_name(Way::kprobe_multi)) == "kprobe-multi");
  CHECK(std::string(way_name(Way::kprobe_cookie)) == "kprobe");
  CHECK(std::string(way_name(Way::kprobe_plain)) == "kprobe");
  CHECK(std::string(way_name(Way::event_cookie)) == "kprobe-event");
  CHECK(std::string(way_name(Way::event_plain)) == "kprobe-event");
}

TEST_CASE("programs are absent until they are named") {
  const Programs programs;
  CHECK(programs.by_cookie == -1);
  CHECK(programs.by_argument.empty());
}

TEST_CASE("no target is an error, not an idle trace") {
  CHECK_FALSE(Probes::attach(Way::kprobe_multi, {}, {}, {}).has_value());
}
