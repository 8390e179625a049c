// SPDX-License-Identifier: BSD-2-Clause
// Who accepted or connected what: "sshd, 2, AF_INET: 2", as sofamily(8) and soprotocol(8) have it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "bpf/contract/count.h"

namespace socketrace {

struct KeyCounts {
  st_count_key key = {};
  std::array<uint64_t, ST_OUTCOME_COUNT> counts = {};
};

// "accept          sshd, 2, AF_INET: 2": a line for each outcome of each key that is not 0, grouped
// by outcome, in each group largest first.
std::vector<std::string> key_lines(const std::vector<KeyCounts>& counted, st_count_by by);

}  // namespace socketrace
