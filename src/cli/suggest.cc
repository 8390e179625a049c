// SPDX-License-Identifier: BSD-2-Clause
#include "cli/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace socketrace {
namespace {

// Levenshtein's distance, one row at a time.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> candidates) {
  constexpr size_t kLongestWorthwhile = 64;  // hostile input: the work is a product of lengths
  if (typed.size() > kLongestWorthwhile) return {};
  std::string_view best;
  size_t least = std::max<size_t>(typed.size() / 3, 1) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t away = distance(typed, candidate);
    if (away < least) {
      least = away;
      best = candidate;
    }
  }
  return best;
}

}  // namespace socketrace
