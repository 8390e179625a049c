// SPDX-License-Identifier: BSD-2-Clause
#include "cli/list.h"

#include <algorithm>

namespace socketrace {

Result<std::vector<std::string_view>> split_list(std::string_view text) {
  if (text.empty()) return Error::usage("empty: want a value");
  std::vector<std::string_view> items;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    if (comma == begin) return Error::usage("an empty element in the list: want A,B,...");
    items.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return items;
}

}  // namespace socketrace
