// SPDX-License-Identifier: BSD-2-Clause
#include "names/families.h"

#include <linux/in.h>
#include <sys/socket.h>

#include <array>

namespace socketrace {
namespace {

struct Name {
  uint16_t value;
  std::string_view text;
};

// include/linux/socket.h, spelled as there (AF_DECnet too); 45 since 5.15. Numbers, because the
// headers of an older libc stop earlier.
constexpr std::array<std::string_view, 46> kFamilies = {
    "AF_UNSPEC",     "AF_UNIX",      "AF_INET",     "AF_AX25",  "AF_IPX",     "AF_APPLETALK",
    "AF_NETROM",     "AF_BRIDGE",    "AF_ATMPVC",   "AF_X25",   "AF_INET6",   "AF_ROSE",
    "AF_DECnet",     "AF_NETBEUI",   "AF_SECURITY", "AF_KEY",   "AF_NETLINK", "AF_PACKET",
    "AF_ASH",        "AF_ECONET",    "AF_ATMSVC",   "AF_RDS",   "AF_SNA",     "AF_IRDA",
    "AF_PPPOX",      "AF_WANPIPE",   "AF_LLC",      "AF_IB",    "AF_MPLS",    "AF_CAN",
    "AF_TIPC",       "AF_BLUETOOTH", "AF_IUCV",     "AF_RXRPC", "AF_ISDN",    "AF_PHONET",
    "AF_IEEE802154", "AF_CAIF",      "AF_ALG",      "AF_NFC",   "AF_VSOCK",   "AF_KCM",
    "AF_QIPCRTR",    "AF_SMC",       "AF_XDP",      "AF_MCTP",
};
static_assert(kFamilies[AF_INET6] == "AF_INET6" && kFamilies[AF_NETLINK] == "AF_NETLINK" &&
              kFamilies[AF_PACKET] == "AF_PACKET" && kFamilies[AF_BLUETOOTH] == "AF_BLUETOOTH" &&
              kFamilies[AF_VSOCK] == "AF_VSOCK" && kFamilies[AF_XDP] == "AF_XDP");
static_assert(!kFamilies.back().empty(), "a family without a name");

// include/uapi/linux/in.h and in6.h, sorted. 256 since 6.11, 144 since 6.14.
constexpr std::array kProtocols = {
    Name{0, "IPPROTO_IP"},       Name{1, "IPPROTO_ICMP"},       Name{2, "IPPROTO_IGMP"},
    Name{4, "IPPROTO_IPIP"},     Name{6, "IPPROTO_TCP"},        Name{8, "IPPROTO_EGP"},
    Name{12, "IPPROTO_PUP"},     Name{17, "IPPROTO_UDP"},       Name{22, "IPPROTO_IDP"},
    Name{29, "IPPROTO_TP"},      Name{33, "IPPROTO_DCCP"},      Name{41, "IPPROTO_IPV6"},
    Name{43, "IPPROTO_ROUTING"}, Name{44, "IPPROTO_FRAGMENT"},  Name{46, "IPPROTO_RSVP"},
    Name{47, "IPPROTO_GRE"},     Name{50, "IPPROTO_ESP"},       Name{51, "IPPROTO_AH"},
    Name{58, "IPPROTO_ICMPV6"},  Name{59, "IPPROTO_NONE"},      Name{60, "IPPROTO_DSTOPTS"},
    Name{92, "IPPROTO_MTP"},     Name{94, "IPPROTO_BEETPH"},    Name{98, "IPPROTO_ENCAP"},
    Name{103, "IPPROTO_PIM"},    Name{108, "IPPROTO_COMP"},     Name{115, "IPPROTO_L2TP"},
    Name{132, "IPPROTO_SCTP"},   Name{135, "IPPROTO_MH"},       Name{136, "IPPROTO_UDPLITE"},
    Name{137, "IPPROTO_MPLS"},   Name{143, "IPPROTO_ETHERNET"}, Name{144, "IPPROTO_AGGFRAG"},
    Name{255, "IPPROTO_RAW"},    Name{256, "IPPROTO_SMC"},      Name{262, "IPPROTO_MPTCP"},
};
static_assert(IPPROTO_MPTCP == 262 && IPPROTO_UDPLITE == 136 && IPPROTO_SCTP == 132);

// Other spellings that people type.
constexpr std::array kFamilyAliases = {Name{1, "local"}, Name{1, "file"}, Name{2, "ipv4"},
                                       Name{10, "ipv6"}, Name{16, "route"}};
constexpr std::array kProtocolAliases = {Name{58, "icmp6"}, Name{58, "ipv6-icmp"}};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view without(std::string_view prefix, std::string_view name) {
  if (name.size() <= prefix.size() || !same(name.substr(0, prefix.size()), prefix)) return name;
  return name.substr(prefix.size());
}

}  // namespace

bool is_inet(unsigned family) {
  return family == AF_INET || family == AF_INET6;
}

std::string_view family_name(unsigned family) {
  return family < kFamilies.size() ? kFamilies[family] : std::string_view();
}

std::string_view protocol_name(unsigned protocol) {
  // Nearly every hit is TCP or UDP: a scan of a few entries, and no table with holes.
  for (const Name& known : kProtocols) {
    if (known.value == protocol) return known.text;
    if (known.value > protocol) break;
  }
  return {};
}

std::optional<uint16_t> family_by_name(std::string_view name) {
  const std::string_view bare = without("AF_", name);
  for (size_t family = 0; family < kFamilies.size(); ++family) {
    if (same(kFamilies[family].substr(3), bare)) return static_cast<uint16_t>(family);
  }
  for (const Name& alias : kFamilyAliases) {
    if (same(alias.text, bare)) return alias.value;
  }
  return std::nullopt;
}

std::optional<uint16_t> protocol_by_name(std::string_view name) {
  constexpr std::string_view kPrefix = "IPPROTO_";
  const std::string_view bare = without(kPrefix, name);
  for (const Name& known : kProtocols) {
    if (same(known.text.substr(kPrefix.size()), bare)) return known.value;
  }
  for (const Name& alias : kProtocolAliases) {
    if (same(alias.text, bare)) return alias.value;
  }
  return std::nullopt;
}

}  // namespace socketrace
