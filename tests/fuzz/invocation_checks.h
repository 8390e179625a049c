// SPDX-License-Identifier: BSD-2-Clause
// What the stages after the command line rely on.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "bpf/contract/event.h"
#include "cli/invocation.h"
#include "property.h"
#include "select/patterns.h"

namespace socketrace {

inline void check_addresses(const Match& match) {
  for (const AddressPrefix& prefix : match.addresses) {
    const unsigned bits = prefix.ipv6 ? 128 : 32;
    MUST(prefix.length <= bits);
    for (unsigned bit = prefix.length; bit < 128; ++bit) {
      MUST((prefix.bytes[bit / 8] & (0x80 >> bit % 8)) == 0);
    }
  }
}

inline void check_match(const Match& match) {
  MUST(match.pids.size() <= ST_MAX_PIDS && match.comms.size() <= ST_MAX_COMMS);
  MUST(match.addresses.size() <= ST_MAX_ADDRS && match.ports.size() <= ST_MAX_PORTS);
  MUST(match.protocols.size() <= ST_MAX_PROTOCOLS && match.families.size() <= ST_MAX_FAMILIES);
  MUST(match.marks.size() <= ST_MAX_MARKS && match.netns.size() <= ST_MAX_NETNS);
  for (const uint32_t pid : match.pids) MUST(pid != 0);
  for (const CommPattern& comm : match.comms) {
    MUST(!comm.text.empty() && comm.text.size() < ST_COMM_LEN);
  }
  for (const PortRange& range : match.ports) MUST(range.first <= range.last);
  for (const MarkMask& mark : match.marks) MUST((mark.value & ~mark.mask) == 0);
  for (const std::string& netns : match.netns) MUST(!netns.empty());
  check_addresses(match);
}

inline void check_invocation(const Invocation& invocation) {
  const bool answer = invocation.command == Command::help || invocation.command == Command::version;
  MUST(answer == !invocation.text.empty());
  if (answer) return;
  check_match(invocation.match);
  const uint64_t size = invocation.buffer_bytes;
  MUST(size == 0 || (std::has_single_bit(size) && size >= 4096 && size <= uint64_t{1} << 30));
  MUST(!(invocation.quiet && invocation.verbose));
  MUST(!invocation.list_type || invocation.command == Command::list_funcs);
  MUST(NamePatterns::compile(invocation.selection).has_value());
  for (const std::string& warning : invocation.warnings) MUST(!warning.empty());
}

// Whatever was typed: no 64 kB of it comes back.
inline void check_usage_error(const Error& error) {
  MUST(error.exit_status() == 2);
  MUST(!error.text().empty() && error.text().size() < 1000);
}

}  // namespace socketrace
