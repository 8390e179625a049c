// SPDX-License-Identifier: BSD-2-Clause
// What the user asked for, as plain checked data. Nobody reads argv after cli/.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace socketrace {

enum class Command { trace, list_funcs, calls, connect, count, dump, help, version };

// Which pointer arguments make a function a target; same numbers as enum st_kind.
struct KindSet {
  bool sock = true;
  bool socket = true;
  bool sk_buff = true;
  bool given = false;  // the user chose; otherwise sk_buff is left out without kprobe-multi
};

struct ModuleChoice {
  enum class Mode { all, none, named };
  Mode mode = Mode::all;
  std::vector<std::string> names;
};

struct Selection {
  KindSet kinds;
  ModuleChoice modules;
  std::string include_pattern;  // RE2, full match; empty: every function but the glue
  std::string exclude_pattern;  // RE2, full match; empty: none
  std::string btf_path;         // read this BTF in place of the kernel's
  bool strict = false;          // a selected function that cannot be traced is an error
};

struct CommPattern {
  std::string text;     // 1..15 bytes
  bool prefix = false;  // "ssh*"
};
struct AddressPrefix {
  bool ipv6 = false;
  std::array<uint8_t, 16> bytes{};  // network order, host bits cleared; IPv4 in the first four
  unsigned length = 0;              // 0..32 or 0..128
};
struct PortRange {
  uint16_t first = 0, last = 0;
};
struct MarkMask {
  uint32_t value = 0, mask = 0;
};

// All given filters must hold; within one filter any of its values.
struct Match {
  std::vector<uint32_t> pids;
  std::vector<CommPattern> comms;
  std::vector<AddressPrefix> addresses;
  std::vector<PortRange> ports;
  std::vector<uint16_t> protocols;
  std::vector<uint16_t> families;
  std::vector<MarkMask> marks;
  std::vector<std::string> netns;  // as written: inode, path, ip-netns name, pid:N, self
  std::vector<uint32_t> uids;      // sub-commands only, as the next
  bool failed = false;             // only what ended with an error

  bool empty() const {
    return pids.empty() && comms.empty() && addresses.empty() && ports.empty() &&
           protocols.empty() && families.empty() && marks.empty() && netns.empty() &&
           uids.empty() && !failed;
  }
};

enum class KprobeWay { automatic, kprobe_multi, kprobe_event, kprobe };
enum class TimestampStyle { none, absolute, relative, monotonic, time_of_day };

struct View {
  bool sock_common = false;
  bool sock_info = false;
  bool socket_info = false;
  bool stack = false;
  TimestampStyle timestamp = TimestampStyle::none;
  std::string output_path;                // empty: stdout
  uint64_t limit_lines = 0;               // hits; 0: no limit
  std::chrono::milliseconds duration{0};  // 0: until something else ends it
};

// `calls`: a bit (1 << enum st_call) for each event; 0: the default ones.
struct Calls {
  uint32_t events = 0;
};

enum class ConnectStyle { table, soconnect };
enum class HistogramBy { none, port, process };
struct Connect {
  bool immediate = false;  // what the call returned, not the final result
  bool args = false;
  bool host = false;
  std::vector<std::string> libcs;  // beyond those in use
  bool force_uretprobe = false;    // on kernels where it kills: uretprobes_kill
  ConnectStyle style = ConnectStyle::table;
  HistogramBy histogram = HistogramBy::none;
  std::vector<std::string> as_files;
};

// `count`.
struct Count {
  enum class What { nothing, functions, calls, keys };
  What what = What::nothing;
  uint32_t by = 0;                           // What::keys: enum st_count_by
  std::chrono::milliseconds interval{1000};  // 0: one interval, until the end
  uint64_t intervals = 0;                    // end after so many; 0: never
};

enum class DumpFormat { hex, hexstring, string, pcap, pcapng, pcap_tcp };

struct Dump {
  std::string pattern;  // as written: attach/dump_config.h knows what it means
  DumpFormat format = DumpFormat::hex;
  bool send = true;
  bool recv = false;
  uint32_t types = 0;  // a bit (1 << SOCK_*) for each; 0: any
  bool failed = false;
  uint32_t max_bytes = 64 * 1024;
  bool flush = false;
  uint16_t tcp_port = 0;  // of pcap_tcp's servers; 0: by what is said

  bool as_packets() const { return format >= DumpFormat::pcap; }
};

struct Invocation {
  Command command = Command::trace;
  std::string text;  // for help and version: what to print on stdout
  Selection selection;
  std::optional<std::string> list_type;  // --list-funcs TYPE: "sock", "socket", "sk_buff"
  Match match;
  View view;
  Calls calls;
  Connect connect;
  Count count;
  Dump dump;
  KprobeWay way = KprobeWay::automatic;
  uint64_t buffer_bytes = 0;  // ring size, a power of two, at least a page; 0: default
  bool expedite_rcu = false;  // short grace periods for the whole host while we attach and detach
  bool sandbox = true;        // once attached, give up what is not needed any more
  bool quiet = false;
  bool verbose = false;
  std::vector<std::string> warnings;  // filters that can never match; main says them
};

}  // namespace socketrace
