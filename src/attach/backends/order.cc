// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_set>

#include "attach/backends/backend.h"

namespace socketrace {

Order order_targets(std::span<const Target> targets) {
  Order order;
  std::unordered_set<std::string_view> names;
  for (size_t i = 0; i < targets.size(); i++) {
    if (targets[i].address != 0) {
      order.by_address.push_back(i);
    } else if (names.insert(targets[i].name).second) {
      order.by_name.push_back(i);
    } else {
      order.skipped.push_back(
          skip(targets[i], "several functions have this name, and addresses are hidden"));
    }
  }
  const auto address = [&](size_t i) { return targets[i].address; };
  std::ranges::stable_sort(order.by_address, {}, address);
  size_t kept = 0;
  for (const size_t i : order.by_address) {
    if (kept > 0 && address(order.by_address[kept - 1]) == address(i)) {
      const Target& first = targets[order.by_address[kept - 1]];
      order.skipped.push_back(skip(targets[i], fmt::format("the same code as {}", first.name)));
    } else {
      order.by_address[kept++] = i;
    }
  }
  order.by_address.resize(kept);
  return order;
}

}  // namespace socketrace
