// SPDX-License-Identifier: BSD-2-Clause
#include <array>

#include "cli/dump.h"
#include "cli/filters.h"
#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

constexpr auto kDump = &Invocation::dump;
constexpr auto kView = &Invocation::view;

constexpr std::array kFiltering = {
    filter_pid("the process at either end"),
    filter_comm("the process that sends or receives, by name; NAME* by the beginning of its name"),
    filter_uid("its user: a number, or a name of /etc/passwd"),
    filter_netns(),
    OptionSpec{"--type", 0, "TYPE", Arity::list, apply_dump_type, "stream, dgram or seqpacket"},
    OptionSpec{"--side", 0, "SIDE", Arity::one, apply_dump_side,
               "send (default), recv or both: then a message is seen twice"},
    OptionSpec{"--failed", 0, "", Arity::flag, set<kDump, &Dump::failed>,
               "also calls that failed, with what they failed with"},
};

constexpr std::array kOutput = {
    OptionSpec{"--format", 0, "FORMAT", Arity::one, store<kDump, &Dump::format, parse_dump_format>,
               "hex (default), hexstring (pastes into C, Go, Python), string; for Wireshark pcap, "
               "pcapng (tells process, path and all else in comments) or pcap-tcp (connections as "
               "if by TCP)"},
    OptionSpec{"--tcp-port", 0, "PORT", Arity::one, store<kDump, &Dump::tcp_port, parse_dump_port>,
               "the server's in pcap-tcp, which tells Wireshark what is spoken (default: 80 for "
               "what begins as HTTP or HTTP/2, otherwise 49152)"},
    OptionSpec{"--max-bytes", 0, "SIZE", Arity::one,
               store<kDump, &Dump::max_bytes, parse_dump_bytes>,
               "of each message at most so much: bytes, or with K or M (default 64K, at most 1M)"},
    OptionSpec{"--output-file", 'o', "FILE", Arity::one,
               store<kView, &View::output_path, parse_path>,
               "write messages to FILE, created or truncated, in place of stdout"},
    OptionSpec{"--output-limit-lines", 0, "N", Arity::one,
               store<kView, &View::limit_lines, parse_limit>,
               "end after N messages; 0 (default): no limit"},
    OptionSpec{"--flush", 0, "", Arity::flag, set<kDump, &Dump::flush>,
               "write every message at once, not when 64K or a tenth of a second are full"},
};

}  // namespace

const OptionGroup& dump_filtering_options() {
  static constexpr OptionGroup kGroup = {kFilteringTitle, kFiltering};
  return kGroup;
}

const OptionGroup& dump_output_options() {
  static constexpr OptionGroup kGroup = {"Output", kOutput};
  return kGroup;
}

}  // namespace socketrace
