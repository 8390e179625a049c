// SPDX-License-Identifier: BSD-2-Clause
#include "cli/calls.h"

#include <array>

#include "bpf/calls.h"

namespace socketrace {
namespace {

constexpr std::array<std::string_view, ST_CALL_COUNT> kEvents = {"state"};
static_assert(!kEvents.back().empty());

}  // namespace

Result<void> apply_call_event(Invocation& invocation, std::string_view word) {
  for (size_t event = 0; event < kEvents.size(); ++event) {
    if (word != kEvents[event]) continue;
    invocation.calls.events |= 1u << event;
    return {};
  }
  return Error::usage("not an event: want state");
}

}  // namespace socketrace
