// SPDX-License-Identifier: BSD-2-Clause
#include "cli/conflicts.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/contract/calls.h"
#include "cli/connect.h"
#include "cli/count.h"
#include "cli/dump.h"
#include "names/families.h"

namespace socketrace {
namespace {

// Of ping and raw sockets only: what these keep in the place of a port is an identifier or the
// protocol itself, and bpf/identity/sock.h takes it for none.
bool lacks_ports(uint16_t protocol) {
  return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6 || protocol == IPPROTO_IGMP ||
         protocol == IPPROTO_GRE || protocol == IPPROTO_ESP || protocol == IPPROTO_AH ||
         protocol == IPPROTO_RAW;
}

void warn_about_families(const Match& match, std::vector<std::string>& warnings) {
  if (match.families.empty()) return;
  const auto never = [&](bool given, std::string_view option) {
    if (!given) return;
    warnings.push_back(std::string(option) +
                       " can never match: --filter-family names neither inet nor inet6");
  };
  if (std::none_of(match.families.begin(), match.families.end(), is_inet)) {
    never(!match.ports.empty(), "--filter-port");
    never(!match.addresses.empty(), "--filter-addr");
    // 6 is NETLINK_XFRM to a netlink socket: IP protocols are looked for in IP sockets only.
    never(!match.protocols.empty(), "--filter-protocol");
  }
  const bool only_inet = std::all_of(match.families.begin(), match.families.end(),
                                     [](auto f) { return f == AF_INET; });
  const bool only_ipv6 = std::all_of(match.addresses.begin(), match.addresses.end(),
                                     [](const AddressPrefix& prefix) { return prefix.ipv6; });
  if (only_inet && only_ipv6 && !match.addresses.empty()) {
    warnings.emplace_back(
        "--filter-addr can never match: IPv6 addresses only, and --filter-family inet");
  }
}

}  // namespace

Result<void> check_conflicts(Invocation& invocation) {
  if (invocation.quiet && invocation.verbose) {
    return Error::usage("--quiet and --verbose exclude each other: want one of them");
  }
  TRY(check_connect_conflicts(invocation));
  TRY(check_count(invocation));
  TRY(check_dump_conflicts(invocation));
  const Match& match = invocation.match;
  warn_about_families(match, invocation.warnings);
  if (!match.ports.empty() && !match.protocols.empty() &&
      std::all_of(match.protocols.begin(), match.protocols.end(), lacks_ports)) {
    invocation.warnings.emplace_back(
        "--filter-port can never match: --filter-protocol names only protocols without ports");
  }
  if (invocation.match.failed && invocation.calls.events == 1u << ST_CALL_STATE) {
    return Error::usage("--failed can never match: a change of state has no result");
  }
  return {};
}

}  // namespace socketrace
