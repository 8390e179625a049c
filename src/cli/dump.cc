// SPDX-License-Identifier: BSD-2-Clause
#include "cli/dump.h"

#include <sys/socket.h>

#include "bpf/dump.h"
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
  return Error::usage("not a format: want hex, hexstring, string or pcap");
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

}  // namespace socketrace
