// SPDX-License-Identifier: BSD-2-Clause
#include "cli/traffic.h"

#include <optional>

#include "cli/number.h"
#include "names/families.h"

namespace socketrace {

Result<uint16_t> parse_protocol(std::string_view text) {
  // sk_protocol is 16 bits since 5.6, for IPPROTO_MPTCP (262).
  if (const auto number = decimal(text, UINT16_MAX)) return static_cast<uint16_t>(*number);
  if (const auto known = protocol_by_name(text)) return *known;
  return Error::usage(
      "not a protocol: want tcp, udp, icmp, icmpv6, sctp, udplite, mptcp, raw, ... or a "
      "number within 0..65535");
}

Result<uint16_t> parse_family(std::string_view text) {
  if (const auto number = decimal(text, UINT16_MAX)) return static_cast<uint16_t>(*number);
  if (const auto known = family_by_name(text)) return *known;
  return Error::usage(
      "not an address family: want inet, inet6, unix, netlink, packet, vsock, ... or a number "
      "within 0..65535");
}

Result<MarkMask> parse_mark(std::string_view text) {
  const size_t slash = text.find('/');
  const auto value = decimal_or_hex(text.substr(0, slash), UINT32_MAX);
  const auto mask = slash == text.npos ? std::optional<uint64_t>(UINT32_MAX)
                                       : decimal_or_hex(text.substr(slash + 1), UINT32_MAX);
  if (!value || !mask) {
    return Error::usage(
        "not a mark: want MARK or MARK/MASK, 32 bits each, decimal or hexadecimal with 0x");
  }
  if ((*value & ~*mask) != 0) {
    return Error::usage("can never match: the mark has bits that its mask takes away");
  }
  return MarkMask{static_cast<uint32_t>(*value), static_cast<uint32_t>(*mask)};
}

Result<std::string> parse_netns(std::string_view text) {
  if (text.empty()) {
    return Error::usage(
        "not a network namespace: want an inode number, a path, a name of 'ip netns', pid:N or "
        "self");
  }
  return std::string(text);
}

}  // namespace socketrace
