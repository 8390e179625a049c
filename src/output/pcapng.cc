// SPDX-License-Identifier: BSD-2-Clause
#include "output/pcapng.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "cli/version.h"

namespace socketrace::pcapng {
namespace {

enum BlockType : uint32_t {
  kSectionHeader = 0x0a0d0d0a,
  kInterfaceDescription = 1,
  kEnhancedPacket = 6,
};
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;

// Codes are of the block they stand in, but for the first two.
enum OptionCode : uint16_t {
  kEndOfOptions = 0,
  kComment = 1,
  kUserApplication = 4,      // shb_userappl
  kInterfaceName = 2,        // if_name
  kTimestampResolution = 9,  // if_tsresol
  kPacketFlags = 2,          // epb_flags
};
constexpr uint32_t kInbound = 1;
constexpr uint32_t kOutbound = 2;

template <typename Number>
void put_raw(Buffer& out, std::type_identity_t<Number> value) {
  char bytes[sizeof(Number)];
  std::memcpy(bytes, &value, sizeof value);
  out.put(std::string_view(bytes, sizeof bytes));
}

// Everything begins at a multiple of four bytes.
constexpr size_t padding_of(size_t length) {
  return -length & 3;
}

void put_padded(Buffer& out, std::string_view bytes) {
  out.put(bytes);
  out.put_repeated('\0', padding_of(bytes.size()));
}

void put_option(Buffer& out, OptionCode code, std::string_view value) {
  value = value.substr(0, std::numeric_limits<uint16_t>::max());
  put_raw<uint16_t>(out, code);
  put_raw<uint16_t>(out, static_cast<uint16_t>(value.size()));
  put_padded(out, value);
}

// Its length stands at both ends of a block, so that a file can be read backwards.
class Block {
 public:
  Block(Buffer& out, BlockType type) : out_(out), type_(type) {}

  Buffer& body() { return body_; }
  void end() {
    const auto length = static_cast<uint32_t>(body_.size() + 3 * sizeof(uint32_t));
    put_raw<uint32_t>(out_, type_);
    put_raw<uint32_t>(out_, length);
    out_.put(body_.view());
    put_raw<uint32_t>(out_, length);
  }

 private:
  Buffer& out_;
  BlockType type_;
  Buffer body_{256};
};

}  // namespace

void put_header(Buffer& out, uint16_t link_type, uint32_t snap_length) {
  Block section(out, kSectionHeader);
  put_raw<uint32_t>(section.body(), kByteOrderMagic);
  put_raw<uint16_t>(section.body(), 1);  // version 1.0
  put_raw<uint16_t>(section.body(), 0);
  put_raw<int64_t>(section.body(), -1);  // its length: unknown
  put_option(section.body(), kUserApplication, "socketrace " SOCKETRACE_VERSION);
  put_option(section.body(), kEndOfOptions, {});
  section.end();

  Block interface(out, kInterfaceDescription);
  put_raw<uint16_t>(interface.body(), link_type);
  put_raw<uint16_t>(interface.body(), 0);  // reserved
  put_raw<uint32_t>(interface.body(), snap_length);
  put_option(interface.body(), kInterfaceName, "unix");
  put_option(interface.body(), kTimestampResolution, "\x09");  // 10^-9 s
  put_option(interface.body(), kEndOfOptions, {});
  interface.end();
}

void put_packet(Buffer& out, const Packet& packet) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  const auto time = static_cast<uint64_t>(packet.wall_ns);
  Block block(out, kEnhancedPacket);
  put_raw<uint32_t>(block.body(), 0);  // the interface
  put_raw<uint32_t>(block.body(), static_cast<uint32_t>(time >> 32));
  put_raw<uint32_t>(block.body(), static_cast<uint32_t>(time));
  put_raw<uint32_t>(block.body(), static_cast<uint32_t>(packet.bytes.size()));
  put_raw<uint32_t>(block.body(), static_cast<uint32_t>(std::min(packet.length, kMost)));
  put_padded(block.body(),
             {reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()});
  if (!packet.comment.empty()) put_option(block.body(), kComment, packet.comment);
  const uint32_t flags = packet.inbound ? kInbound : kOutbound;
  put_option(block.body(), kPacketFlags, {reinterpret_cast<const char*>(&flags), sizeof flags});
  put_option(block.body(), kEndOfOptions, {});
  block.end();
}

}  // namespace socketrace::pcapng
