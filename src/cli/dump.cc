// SPDX-License-Identifier: BSD-2-Clause
#include "cli/dump.h"

#include <sys/socket.h>

#include "bpf/contract/dump.h"
#include "cli/number.h"

namespace socketrace {

Result<void> apply_dump_pattern(Invocation& invocation, std::string_view word) {
  if (word.empty()) return Error::usage("empty: want a path, @NAME or *");
  invocation.dump.pattern = word;
  return {};
}

Result<void> apply_dump_type(Invocation& invocation, std::string_view word) {
  int type = 0;
  if (word == "stream") type = SOCK_STREAM;
  if (word == "dgram") type = SOCK_DGRAM;
  if (word == "seqpacket") type = SOCK_SEQPACKET;
  if (type == 0) return Error::usage("not a type of socket: want stream, dgram or seqpacket");
  invocation.dump.types |= 1U << static_cast<unsigned>(type);
  return {};
}

Result<void> apply_dump_side(Invocation& invocation, std::string_view word) {
  if (word != "send" && word != "recv" && word != "both") {
    return Error::usage("not a side: want send, recv or both");
  }
  invocation.dump.send = word != "recv";
  invocation.dump.recv = word != "send";
  return {};
}

Result<DumpFormat> parse_dump_format(std::string_view text) {
  if (text == "hex") return DumpFormat::hex;
  if (text == "hexstring") return DumpFormat::hexstring;
  if (text == "string") return DumpFormat::string;
  if (text == "pcap") return DumpFormat::pcap;
  if (text == "pcapng") return DumpFormat::pcapng;
  if (text == "pcap-tcp") return DumpFormat::pcap_tcp;
  return Error::usage("not a format: want hex, hexstring, string, pcap, pcapng or pcap-tcp");
}

Result<uint16_t> parse_dump_port(std::string_view text) {
  const auto port = decimal(text, UINT16_MAX);
  if (!port || *port == 0) return Error::usage("not a port: want 1 to 65535");
  return static_cast<uint16_t>(*port);
}

Result<uint32_t> parse_dump_bytes(std::string_view text) {
  unsigned shift = 0;
  if (text.ends_with('K') || text.ends_with('k')) shift = 10;
  if (text.ends_with('M') || text.ends_with('m')) shift = 20;
  if (shift != 0) text.remove_suffix(1);
  const auto bytes = decimal(text, ST_DUMP_MAX_BYTES >> shift);
  if (!bytes || *bytes == 0) {
    return Error::usage("not a size of messages: want bytes, or a number with K or M, up to 1M");
  }
  return static_cast<uint32_t>(*bytes << shift);
}

Result<void> check_dump_conflicts(const Invocation& invocation) {
  const Dump& dump = invocation.dump;
  if (dump.failed && (dump.format == DumpFormat::pcap || dump.format == DumpFormat::pcap_tcp)) {
    return Error::usage("--failed: no place for failures in this format: want --format pcapng");
  }
  if (dump.format != DumpFormat::pcap_tcp) {
    if (dump.tcp_port == 0) return {};
    return Error::usage("--tcp-port is of --format pcap-tcp");
  }
  if (dump.send && dump.recv) {
    return Error::usage("--side both: a byte of a connection goes by once: want send or recv");
  }
  if ((dump.types & 1U << static_cast<unsigned>(SOCK_DGRAM)) != 0) {
    return Error::usage("--type dgram: not connections: want --format pcap or pcapng");
  }
  return {};
}

}  // namespace socketrace
