// SPDX-License-Identifier: BSD-2-Clause
#include <array>
#include <string_view>

#include "bpf/contract/event.h"
#include "cli/endpoint.h"
#include "cli/filters.h"
#include "cli/options.h"
#include "cli/traffic.h"

namespace socketrace {
namespace {

// Whose it is differs from command to command; everything else is the same for all.
constexpr auto options(std::string_view pid, std::string_view comm) {
  return std::array{
      filter_pid(pid),
      filter_comm(comm),
      OptionSpec{"--filter-addr", 0, "ADDR[/LEN]", Arity::list,
                 append<&Match::addresses, parse_address, ST_MAX_ADDRS>,
                 "IPv4 or IPv6, either end; IPv4 also matches v4-mapped sockets"},
      OptionSpec{"--filter-port", 0, "N[-M]", Arity::list,
                 append<&Match::ports, parse_port, ST_MAX_PORTS>, "port or range, either end"},
      OptionSpec{"--filter-protocol", 0, "PROTO", Arity::list,
                 append<&Match::protocols, parse_protocol, ST_MAX_PROTOCOLS>,
                 "tcp, udp, icmp, icmpv6, sctp, udplite, mptcp, raw, ... or a number"},
      OptionSpec{"--filter-family", 0, "FAMILY", Arity::list,
                 append<&Match::families, parse_family, ST_MAX_FAMILIES>,
                 "inet, inet6, unix, netlink, packet, vsock, ... or a number"},
      OptionSpec{"--filter-mark", 0, "M[/MASK]", Arity::list,
                 append<&Match::marks, parse_mark, ST_MAX_MARKS>,
                 "mark of the socket or packet, decimal or hexadecimal (0x)"},
      filter_netns(),
  };
}

constexpr auto kOfHits = options("the current process; in softirq that is whoever was interrupted",
                                 "the current process by name, NAME* by the beginning of its name");
constexpr auto kOfCalls =
    options("the process that makes the call; of a change of state the owner of the socket",
            "that process by name, NAME* by the beginning of its name");
constexpr auto kOfConnects =
    options("the process that connects",
            "the process that connects by name, NAME* by the beginning of its name");
constexpr auto kOfCounts = options(
    "the process that makes the call; for functions the current one, which in softirq is "
    "whoever was interrupted",
    "that process by name, NAME* by the beginning of its name");

}  // namespace

const OptionGroup& filtering_options() {
  static constexpr OptionGroup kGroup = {kFilteringTitle, kOfHits};
  return kGroup;
}
const OptionGroup& filtering_options_of_calls() {
  static constexpr OptionGroup kGroup = {kFilteringTitle, kOfCalls};
  return kGroup;
}
const OptionGroup& filtering_options_of_connects() {
  static constexpr OptionGroup kGroup = {kFilteringTitle, kOfConnects};
  return kGroup;
}
const OptionGroup& filtering_options_of_counts() {
  static constexpr OptionGroup kGroup = {kFilteringTitle, kOfCounts};
  return kGroup;
}

}  // namespace socketrace
