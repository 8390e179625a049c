// SPDX-License-Identifier: BSD-2-Clause
#include <doctest/doctest.h>

#include "attach/probes.h"

using namespace socketrace;

namespace {
Way way(KprobeWay wanted, KernelOffers offers, bool kprobe_events = true) {
  auto chosen = choose_way(wanted, offers, kprobe_events);
  REQUIRE(chosen.has_value());
  return *chosen;
}
std::string refusal(KprobeWay wanted, KernelOffers offers, bool kprobe_events) {
  auto chosen = choose_way(wanted, offers, kprobe_events);
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
  CHECK(way(KprobeWay::automatic, kNoFprobe) == Way::kprobe_cookie);
  CHECK(way(KprobeWay::automatic, kOldest) == Way::kprobe_plain);
  CHECK(way(KprobeWay::automatic, kNewest, false) == Way::kprobe_multi);
}

TEST_CASE("the way that the user forces") {
  CHECK(way(KprobeWay::kprobe, kNewest) == Way::kprobe_cookie);
  CHECK(way(KprobeWay::kprobe, kOldest) == Way::kprobe_plain);
  CHECK(way(KprobeWay::kprobe_multi, kNewest) == Way::kprobe_multi);
}

TEST_CASE("ways that cannot be have a reason and a remedy") {
  for (const bool events : {true, false}) {
    const std::string text = refusal(KprobeWay::kprobe_multi, kNoFprobe, events);
    CHECK(has(text, "CONFIG_FPROBE"));
    CHECK(has(text, "5.18"));
    CHECK(has(text, "--kprobe-way kprobe"));
  }
  CHECK(has(refusal(KprobeWay::automatic, kOldest, false), "CONFIG_KPROBES"));
  CHECK(has(refusal(KprobeWay::kprobe, kNewest, false), "CONFIG_KPROBES"));
}

TEST_CASE("names for the user") {
  CHECK(std::string(way_name(Way::kprobe_multi)) == "kprobe-multi");
  CHECK(std::string(way_name(Way::kprobe_cookie)) == "kprobe");
  CHECK(std::string(way_name(Way::kprobe_plain)) == "kprobe");
}

TEST_CASE("programs are absent until they are named") {
  const Programs programs;
  CHECK(programs.by_cookie == -1);
  CHECK(programs.by_argument[ST_KIND_SK_BUFF][ST_MAX_ARG - 1] == -1);
}

TEST_CASE("no target is an error, not an idle trace") {
  CHECK_FALSE(Probes::attach(Way::kprobe_multi, {}, {}, {}).has_value());
}
