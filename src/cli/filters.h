// SPDX-License-Identifier: BSD-2-Clause
// Options that filter, where more than one group has them. Whose process it is differs from command
// to command.
#pragma once

#include <string_view>

#include "bpf/contract/event.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/traffic.h"

namespace socketrace {

inline constexpr std::string_view kFilteringTitle =
    "Filtering (all given filters must hold; values: A,B,... or the option again, any may match)";

constexpr OptionSpec filter_pid(std::string_view whose) {
  return {"--filter-pid", 0, "PID", Arity::list, append<&Match::pids, parse_pid, ST_MAX_PIDS>,
          whose};
}
constexpr OptionSpec filter_comm(std::string_view whose) {
  return {"--filter-comm",
          0,
          "NAME",
          Arity::list,
          append<&Match::comms, parse_comm, ST_MAX_COMMS>,
          whose};
}
constexpr OptionSpec filter_uid(std::string_view whose) {
  return {"--filter-uid", 0, "UID|NAME", Arity::list, append<&Match::uids, parse_uid, ST_MAX_UIDS>,
          whose};
}
constexpr OptionSpec filter_netns() {
  return {"--filter-netns",
          0,
          "NETNS",
          Arity::list,
          append<&Match::netns, parse_netns, ST_MAX_NETNS>,
          "network namespace: inode, path, name of 'ip netns', pid:N or self"};
}

}  // namespace socketrace
