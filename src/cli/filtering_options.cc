// SPDX-License-Identifier: BSD-2-Clause
#include <array>

#include "bpf/event.h"
#include "cli/endpoint.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/traffic.h"

namespace socketrace {
namespace {

constexpr std::array kOptions = {
    OptionSpec{"--filter-pid", 0, "PID", Arity::list, append<&Match::pids, parse_pid, ST_MAX_PIDS>,
               "the current process; in softirq that is whoever was interrupted"},
    OptionSpec{"--filter-comm", 0, "NAME", Arity::list,
               append<&Match::comms, parse_comm, ST_MAX_COMMS>,
               "the current process by name, NAME* by the beginning of its name"},
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
    OptionSpec{"--filter-netns", 0, "NETNS", Arity::list,
               append<&Match::netns, parse_netns, ST_MAX_NETNS>,
               "network namespace: inode, path, name of 'ip netns', pid:N or self"},
};

}  // namespace

const OptionGroup& filtering_options() {
  static constexpr OptionGroup kGroup = {
      "Filtering (all given filters must hold; values: A,B,... or the option again, any may match)",
      kOptions};
  return kGroup;
}

}  // namespace socketrace
