// SPDX-License-Identifier: BSD-2-Clause
#include "names/socket.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "names/families.h"

namespace socketrace {
namespace {

using Names = std::string_view;

// include/uapi/linux/netlink.h; 17 was never given to anybody.
constexpr std::array<Names, 23> kNetlinkProtocols = {
    "NETLINK_ROUTE",          "NETLINK_UNUSED",     "NETLINK_USERSOCK",
    "NETLINK_FIREWALL",       "NETLINK_SOCK_DIAG",  "NETLINK_NFLOG",
    "NETLINK_XFRM",           "NETLINK_SELINUX",    "NETLINK_ISCSI",
    "NETLINK_AUDIT",          "NETLINK_FIB_LOOKUP", "NETLINK_CONNECTOR",
    "NETLINK_NETFILTER",      "NETLINK_IP6_FW",     "NETLINK_DNRTMSG",
    "NETLINK_KOBJECT_UEVENT", "NETLINK_GENERIC",    "",
    "NETLINK_SCSITRANSPORT",  "NETLINK_ECRYPTFS",   "NETLINK_RDMA",
    "NETLINK_CRYPTO",         "NETLINK_SMC",
};
static_assert(kNetlinkProtocols.size() == NETLINK_SMC + 1);
static_assert(std::ranges::count(kNetlinkProtocols, Names()) == 1);
static_assert(kNetlinkProtocols[NETLINK_GENERIC] == "NETLINK_GENERIC" &&
              kNetlinkProtocols[NETLINK_AUDIT] == "NETLINK_AUDIT" &&
              kNetlinkProtocols[NETLINK_SCSITRANSPORT] == "NETLINK_SCSITRANSPORT" &&
              kNetlinkProtocols[NETLINK_SMC] == "NETLINK_SMC");

// enum sock_type, include/linux/net.h; 7 to 9 are free, 10 is SOCK_PACKET.
constexpr std::array<Names, 11> kSocketTypes = {
    "", "SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET", "SOCK_DCCP", "", "",
    "", "SOCK_PACKET",
};
static_assert(kSocketTypes.size() == SOCK_PACKET + 1);
static_assert(std::ranges::count(kSocketTypes, Names()) == 4);
static_assert(kSocketTypes[SOCK_STREAM] == "SOCK_STREAM" && kSocketTypes[SOCK_RAW] == "SOCK_RAW" &&
              kSocketTypes[SOCK_DCCP] == "SOCK_DCCP" && kSocketTypes[SOCK_PACKET] == "SOCK_PACKET");

// enum socket_state, include/uapi/linux/net.h
constexpr std::array<Names, 5> kSocketStates = {"FREE", "UNCONNECTED", "CONNECTING", "CONNECTED",
                                                "DISCONNECTING"};
static_assert(!kSocketStates.back().empty());

// include/net/tcp_states.h; BOUND_INACTIVE since 6.8 (91051f003948).
constexpr std::array<Names, 14> kTcpStates = {
    "",      "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",    "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "NEW_SYN_RECV", "BOUND_INACTIVE",
};
static_assert(std::ranges::count(kTcpStates, Names()) == 1 && !kTcpStates.back().empty());

// Families that keep TCP_* in sk_state. Bluetooth, PPPoX, SMC, IUCV, NFC and others have numbers
// of their own there (BT_OPEN is 2, which would print as SYN_SENT).
bool counts_states_as_tcp(unsigned family) {
  switch (family) {
    case AF_INET:
    case AF_INET6:
    case AF_UNIX:
    case AF_PACKET:
    case AF_VSOCK:
    case AF_NETLINK:
    case AF_KEY:
    case AF_TIPC:
    case AF_X25:
    case AF_AX25:
    case AF_NETROM:
    case AF_ROSE:
      return true;
    default:
      return false;
  }
}

template <size_t N>
Names at(const std::array<Names, N>& names, unsigned number) {
  return number < N ? names[number] : Names();
}

}  // namespace

Names netlink_protocol_name(unsigned protocol) {
  return at(kNetlinkProtocols, protocol);
}
Names socket_type_name(unsigned type) {
  return at(kSocketTypes, type);
}
Names socket_state_name(unsigned state) {
  return at(kSocketStates, state);
}

Names sock_state_name(unsigned family, unsigned state) {
  // net/netlink/af_netlink.c: NETLINK_UNCONNECTED is 0, NETLINK_CONNECTED 1; a new one has
  // TCP_CLOSE, as sock_init_data leaves it.
  if (family == AF_NETLINK && state <= 1) return state == 0 ? "UNCONNECTED" : "CONNECTED";
  return counts_states_as_tcp(family) ? at(kTcpStates, state) : Names();
}

Names protocol_name_in(unsigned family, unsigned protocol) {
  switch (family) {
    case AF_INET:
    case AF_INET6:
      return protocol_name(protocol);
    case AF_NETLINK:
      return netlink_protocol_name(protocol);
    default:
      return {};
  }
}

}  // namespace socketrace
