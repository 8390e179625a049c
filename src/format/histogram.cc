// SPDX-License-Identifier: BSD-2-Clause
#include "format/histogram.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace socketrace {
namespace {

constexpr size_t kBarWidth = 40;
constexpr size_t kNumberWidth = 10;

uint64_t lowest(size_t bucket) {
  return bucket == 0 ? 0 : uint64_t{1} << (bucket - 1);
}
uint64_t highest(size_t bucket) {
  return bucket == 0 ? 0 : lowest(bucket) * 2 - 1;  // of the last one: wraps to the highest number
}

void put_to_the_right(Buffer& out, uint64_t number, size_t width) {
  Buffer text(24);
  text.put_number(number);
  if (text.size() < width) out.put_repeated(' ', width - text.size());
  out.put(text.view());
}

}  // namespace

void Histograms::add(std::string_view key, uint64_t microseconds) {
  auto found = by_key_.find(std::string(key));
  if (found == by_key_.end()) {
    const bool full = by_key_.size() >= kMostKeys;
    found = by_key_.try_emplace(std::string(full ? kOthers : key)).first;
  }
  ++found->second.buckets[static_cast<size_t>(std::bit_width(microseconds))];
  ++found->second.count;
  ++total_;
}

void Histograms::put_one(Buffer& out, const One& one) {
  const auto used = [](uint64_t count) { return count != 0; };
  const auto first = std::find_if(one.buckets.begin(), one.buckets.end(), used);
  const auto last = std::find_if(one.buckets.rbegin(), one.buckets.rend(), used).base();
  const uint64_t most = *std::max_element(one.buckets.begin(), one.buckets.end());
  out.put("    microseconds         : count      distribution\n");
  for (auto bucket = first; bucket < last; ++bucket) {
    const auto index = static_cast<size_t>(bucket - one.buckets.begin());
    put_to_the_right(out, lowest(index), kNumberWidth);
    out.put(" -> ");
    const size_t start = out.size();
    out.put_number(highest(index));
    out.pad_to(start, kNumberWidth);
    out.put(" : ");
    const size_t count_start = out.size();
    out.put_number(*bucket);
    out.pad_to(count_start, kNumberWidth);
    out.put(" |");
    const auto bar = static_cast<size_t>(static_cast<double>(*bucket) / static_cast<double>(most) *
                                         double{kBarWidth});
    const size_t bar_start = out.size();
    out.put_repeated('*', bar);
    out.pad_to(bar_start, kBarWidth);
    out.put("|\n");
  }
  out.put('\n');
}

void Histograms::put(Buffer& out) const {
  std::vector<const decltype(by_key_)::value_type*> all;
  for (const auto& one : by_key_) all.push_back(&one);
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) {
    return a->second.count != b->second.count ? a->second.count > b->second.count
                                              : a->first < b->first;
  });
  for (const auto* one : all) {
    out.put(one->first);
    out.put(": ");
    out.put_number(one->second.count);
    out.put(one->second.count == 1 ? std::string_view(" attempt\n")
                                   : std::string_view(" attempts\n"));
    put_one(out, one->second);
  }
}

}  // namespace socketrace
