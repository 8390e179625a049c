// SPDX-License-Identifier: BSD-2-Clause
// A DNS message (RFC 1035) as anybody may have sent it -> the name that was asked for and the
// addresses that it has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace socketrace {

using InternetAddress = std::array<uint8_t, 16>;  // IPv4 as v4-mapped IPv6

struct DnsAnswer {
  std::string name;  // "www.example.org", small letters; its labels may hold any byte but a dot
  std::vector<InternetAddress> addresses;  // of the name, or of what CNAMEs lead to
  bool cut = false;                        // the CNAMEs lead on: only the first 16 are followed
};

enum class DnsVerdict {
  answer,     // the name has these addresses
  nothing,    // well-formed: a query, an error, no addresses, other records
  malformed,  // `answer` is empty
};

// `cut`: the message went on, so that it may end anywhere: what is whole until there counts.
DnsVerdict parse_dns(std::span<const uint8_t> message, bool cut, DnsAnswer& answer);

}  // namespace socketrace
