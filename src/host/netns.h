// SPDX-License-Identifier: BSD-2-Clause
// Network namespaces by the names people use for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace socketrace {

struct NetnsPlaces {
  std::string proc = "/proc";
  // iproute2 keeps names in /run/netns; distributions without the /var/run link in the other.
  std::vector<std::string> names = {"/run/netns", "/var/run/netns"};
};

// The inode number of: a number (taken as it is), "self", "pid:N", a path (with a '/'), or an
// `ip netns` name. What does not exist is a usage error that says what was tried.
Result<uint32_t> netns_inode(std::string_view written, const NetnsPlaces& places = {});

}  // namespace socketrace
