// SPDX-License-Identifier: BSD-2-Clause
#include "cli/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "cli/number.h"

namespace socketrace {
namespace {

constexpr unsigned kMappedBits = 96;
constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void clear_host_bits(AddressPrefix& prefix) {
  for (unsigned at = 0; at < prefix.bytes.size(); ++at) {
    const unsigned kept =
        std::clamp<int>(static_cast<int>(prefix.length) - 8 * static_cast<int>(at), 0, 8);
    prefix.bytes[at] &= static_cast<uint8_t>(0xff00 >> kept);
  }
}

void unmap(AddressPrefix& prefix) {
  if (!prefix.ipv6 || prefix.length < kMappedBits) return;
  if (!std::equal(kMapped.begin(), kMapped.end(), prefix.bytes.begin())) return;
  AddressPrefix ipv4;
  std::copy(prefix.bytes.begin() + kMapped.size(), prefix.bytes.end(), ipv4.bytes.begin());
  ipv4.length = prefix.length - kMappedBits;
  prefix = ipv4;
}

}  // namespace

Result<PortRange> parse_port(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = decimal(text.substr(0, dash), UINT16_MAX);
  const auto last = dash == text.npos ? first : decimal(text.substr(dash + 1), UINT16_MAX);
  if (!first || !last) return Error::usage("not a port: want N or N-M within 0..65535");
  if (*first > *last) return Error::usage("an empty range: want N-M with N <= M");
  return PortRange{static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)};
}

Result<AddressPrefix> parse_address(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));  // inet_pton wants a NUL at the end
  AddressPrefix prefix;
  if (inet_pton(AF_INET, address.c_str(), prefix.bytes.data()) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), prefix.bytes.data()) != 1) {
      return Error::usage("not an address: want an IPv4 or IPv6 address, or ADDR/LEN");
    }
    prefix.ipv6 = true;
  }
  const unsigned longest = prefix.ipv6 ? 128 : 32;
  const auto length = slash == text.npos ? longest : decimal(text.substr(slash + 1), longest);
  if (!length) {
    return Error::usage("not a prefix length: want /0../" + std::to_string(longest));
  }
  prefix.length = static_cast<unsigned>(*length);
  unmap(prefix);
  clear_host_bits(prefix);
  return prefix;
}

}  // namespace socketrace
