// SPDX-License-Identifier: BSD-2-Clause
#include "attach/config.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace socketrace {
namespace {

constexpr uint64_t kInitialPidNamespace = 0xeffffffc;  // linux/proc_ns.h: PROC_PID_INIT_INO
constexpr uint64_t kWakeupBytes = uint64_t{64} * 1024;
// With so few hits to show, each should appear at once; a wakeup costs 5 us then, and only then.
constexpr uint64_t kSmallLimit = 64;

// `count` <= `maximum`, or a usage error that names the option.
Result<uint32_t> counted(const char* option, size_t count, size_t maximum) {
  if (count > maximum) {
    return Error::usage(fmt::format("{}: {} values given, at most {} fit", option, count, maximum));
  }
  return static_cast<uint32_t>(count);
}

Result<st_comm_rule> comm_rule(const CommPattern& pattern) {
  st_comm_rule rule{};
  if (pattern.text.empty() || pattern.text.size() >= ST_COMM_LEN ||
      pattern.text.find('\0') != std::string::npos) {
    return Error::usage(fmt::format("--filter-comm '{}': a process name has 1 to {} bytes",
                                    pattern.text, ST_COMM_LEN - 1));
  }
  std::memcpy(rule.text, pattern.text.data(), pattern.text.size());
  rule.length = static_cast<uint32_t>(pattern.text.size() + (pattern.prefix ? 0 : 1));
  return rule;
}

Result<st_addr_rule> addr_rule(const AddressPrefix& prefix) {
  const unsigned bits = prefix.ipv6 ? 128 : 32;
  if (prefix.length > bits) {
    return Error::usage(
        fmt::format("--filter-addr: prefix length {} is above {}", prefix.length, bits));
  }
  uint8_t mask[16] = {};
  uint8_t addr[16] = {};
  for (unsigned bit = 0; bit < prefix.length; bit++) mask[bit / 8] |= 0x80U >> (bit % 8);
  for (unsigned byte = 0; byte < bits / 8; byte++) addr[byte] = prefix.bytes[byte] & mask[byte];
  st_addr_rule rule{};
  rule.family = prefix.ipv6 ? AF_INET6 : AF_INET;
  static_assert(sizeof rule.addr == sizeof addr && sizeof rule.mask == sizeof mask);
  std::memcpy(rule.addr, addr, sizeof addr);
  std::memcpy(rule.mask, mask, sizeof mask);
  return rule;
}

Result<void> fill_lists(st_config& config, const Match& match) {
  config.pid_count = TRY(counted("--filter-pid", match.pids.size(), ST_MAX_PIDS));
  std::ranges::copy(match.pids, config.pids);
  config.port_count = TRY(counted("--filter-port", match.ports.size(), ST_MAX_PORTS));
  std::ranges::transform(match.ports, config.ports, [](const PortRange& range) {
    return st_port_rule ST_PORT_RULE(range.first, range.last);
  });
  config.protocol_count =
      TRY(counted("--filter-protocol", match.protocols.size(), ST_MAX_PROTOCOLS));
  std::ranges::copy(match.protocols, config.protocols);
  config.family_count = TRY(counted("--filter-family", match.families.size(), ST_MAX_FAMILIES));
  std::ranges::copy(match.families, config.families);
  config.mark_count = TRY(counted("--filter-mark", match.marks.size(), ST_MAX_MARKS));
  std::ranges::transform(match.marks, config.marks, [](const MarkMask& mark) {
    return st_mark_rule{mark.value, mark.mask};
  });
  config.uid_count = TRY(counted("--filter-uid", match.uids.size(), ST_MAX_UIDS));
  std::ranges::copy(match.uids, config.uids);
  config.only_failed = match.failed;
  config.comm_count = TRY(counted("--filter-comm", match.comms.size(), ST_MAX_COMMS));
  for (size_t i = 0; i < match.comms.size(); i++) config.comms[i] = TRY(comm_rule(match.comms[i]));
  config.addr_count = TRY(counted("--filter-addr", match.addresses.size(), ST_MAX_ADDRS));
  for (size_t i = 0; i < match.addresses.size(); i++) {
    config.addrs[i] = TRY(addr_rule(match.addresses[i]));
  }
  return {};
}

}  // namespace

void place_in_pid_namespace(st_config& config, dev_t device, uint64_t inode) {
  config.in_pidns = inode != kInitialPidNamespace;
  if (!config.in_pidns) return;
  // bpf_get_ns_current_pid_tgid compares with the kernel's dev_t (20 bits of minor), which is not
  // what stat returns once a minor number passes 255.
  config.pidns_dev = (uint64_t{major(device)} << 20) | minor(device);
  config.pidns_ino = inode;
}

void choose_ways(st_config& config) {
  config.by_task = config.pid_count != 0 || config.comm_count != 0 || config.uid_count != 0;
  config.quick = config.want_details == 0 && config.want_stack == 0 && config.want_common == 0 &&
                 config.comm_count == 0 && config.addr_count == 0 && config.protocol_count == 0 &&
                 config.family_count == 0 && config.mark_count == 0 && config.netns_count == 0;
  config.unsifted = config.quick == 0 && config.port_count == 0;
  config.detour = config.by_task != 0 || config.unsifted != 0;
  if (config.port_count == 0) config.ports[0] = ST_PORT_RULE(0, 0xffff);
}

void fit_to_ring(st_config& config, uint64_t ring_bytes) {
  config.wakeup_bytes = std::min<uint64_t>(config.wakeup_bytes, ring_bytes / 4);
}

Result<st_config> config_for(const Match& match, const View& view, const NetnsPlaces& places) {
  st_config config{};
  config.own_tgid = static_cast<uint32_t>(getpid());
  config.want_details = view.sock_info || view.socket_info;
  config.want_stack = view.stack;
  config.want_common = view.sock_common;
  config.limit = view.limit_lines;
  const bool at_once = view.limit_lines != 0 && view.limit_lines <= kSmallLimit;
  config.wakeup_bytes = at_once ? 0 : kWakeupBytes;

  struct stat status {};
  // No such file: a kernel without CONFIG_PID_NS, where only the initial namespace exists.
  if (stat((places.proc + "/self/ns/pid").c_str(), &status) == 0) {
    place_in_pid_namespace(config, status.st_dev, status.st_ino);
  }
  TRY(fill_lists(config, match));
  config.netns_count = TRY(counted("--filter-netns", match.netns.size(), ST_MAX_NETNS));
  for (size_t i = 0; i < match.netns.size(); i++) {
    config.netns[i] = TRY(netns_inode(match.netns[i], places));
  }
  choose_ways(config);
  return config;
}

}  // namespace socketrace
