// SPDX-License-Identifier: BSD-2-Clause
#include "run/loss_watch.h"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace socketrace;
using std::chrono::seconds;

namespace {

constexpr LossWords kWords = {"hits", "ring full", "a larger ring helps", "less helps"};

}  // namespace

TEST_CASE("losses are told every few seconds, each cause once, what has grown only") {
  const LossWatch::Clock::time_point begin{};
  LossWatch watch(kWords, begin);
  CHECK_FALSE(watch.due(begin + seconds(4)));
  CHECK(watch.due(begin + seconds(5)));
  CHECK(watch.grown({0, 0}, begin + seconds(5)).empty());
  CHECK_FALSE(watch.due(begin + seconds(9)));
  CHECK(watch.grown({7, 0}, begin + seconds(10)) ==
        std::vector<std::string>{
            "7 hits lost in the last 5 s (ring full; 7 in all): a larger ring helps"});
  CHECK(
      watch.grown({7, 2}, begin + seconds(21)) ==
      std::vector<std::string>{"2 hits missed in the last 11 s (re-entry; 2 in all): less helps"});
  CHECK(watch.grown({9, 5}, begin + seconds(26)) ==
        std::vector<std::string>{
            "2 hits lost in the last 5 s (ring full; 9 in all): a larger ring helps",
            "3 hits missed in the last 5 s (re-entry; 5 in all): less helps"});
  CHECK(watch.grown({9, 5}, begin + seconds(31)).empty());
}

TEST_CASE(
    "a kernel that does not tell what it missed is not said to have missed nothing, or less") {
  LossWatch watch(kWords, {});
  CHECK(watch.grown({0, std::nullopt}, LossWatch::Clock::time_point(seconds(5))).empty());
  CHECK(watch.grown({3, 3}, LossWatch::Clock::time_point(seconds(10))).size() == 2);
  CHECK(watch.grown({2, 1}, LossWatch::Clock::time_point(seconds(15))).empty());  // never backwards
  CHECK(watch.grown({3, 3}, LossWatch::Clock::time_point(seconds(20))).empty());
}
