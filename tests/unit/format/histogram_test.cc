// SPDX-License-Identifier: BSD-2-Clause
#include "format/histogram.h"

#include <doctest/doctest.h>

#include <string>

#include "../golden.h"

using namespace socketrace;

namespace {

std::string shown(const Histograms& histograms) {
  Buffer out(4096);
  histograms.put(out);
  return std::string(out.view());
}

}  // namespace

TEST_CASE("histograms of powers of two, the largest first") {
  Histograms histograms;
  CHECK(shown(histograms).empty());
  for (const uint64_t us : {0, 1, 2, 3, 3, 900, 1023, 1024}) histograms.add("port 443", us);
  histograms.add("port 22", UINT64_MAX);
  histograms.add("AF_UNIX", 4);
  for (int i = 0; i < 100; ++i) histograms.add("port 80", i < 99 ? 64 : 128);
  check_golden("connect_histograms.txt", shown(histograms));
}

TEST_CASE("beyond the most keys the rest share one") {
  Histograms histograms;
  for (size_t i = 0; i < Histograms::kMostKeys + 10; ++i) {
    histograms.add("port " + std::to_string(i), 1);
  }
  const std::string text = shown(histograms);
  CHECK(text.starts_with("others: 10 attempts\n"));
  CHECK(text.find("port 4095: 1 attempt\n") != text.npos);
  CHECK(text.find("port 4096: ") == text.npos);
}
