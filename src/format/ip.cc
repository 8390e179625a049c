// SPDX-License-Identifier: BSD-2-Clause
#include "format/ip.h"

#include <array>
#include <cstring>

namespace socketrace {
namespace {

// Three digits, then how many of them count.
struct Octet {
  char text[4];
};
constexpr std::array<Octet, 256> kOctets = [] {
  std::array<Octet, 256> octets{};
  for (unsigned value = 0; value < 256; ++value) {
    char* text = octets[value].text;
    size_t length = 0;
    if (value >= 100) text[length++] = static_cast<char>('0' + value / 100);
    if (value >= 10) text[length++] = static_cast<char>('0' + value / 10 % 10);
    text[length++] = static_cast<char>('0' + value % 10);
    text[3] = static_cast<char>(length);
  }
  return octets;
}();

char* ipv4_text(char* at, const uint8_t* bytes) {
  for (int i = 0; i < 4; ++i) {
    const Octet& octet = kOctets[bytes[i]];
    if (i != 0) *at++ = '.';
    std::memcpy(at, octet.text, 4);  // one store; the next one overwrites what is too much
    at += octet.text[3];
  }
  return at;
}

unsigned group(const uint8_t* bytes, int index) {
  bytes += size_t{2} * static_cast<size_t>(index);
  return static_cast<unsigned>(bytes[0]) << 8 | bytes[1];
}

char* group_text(char* at, unsigned value) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (value > 0xfff) *at++ = kHex[value >> 12];
  if (value > 0xff) *at++ = kHex[value >> 8 & 15];
  if (value > 0xf) *at++ = kHex[value >> 4 & 15];
  *at++ = kHex[value & 15];
  return at;
}

struct Run {
  int start = -1;
  int length = 1;  // a single zero group is written out (RFC 5952 4.2.2)
  int end() const { return start + length; }
};

// The longest run of zero groups, the first one of equals (RFC 5952 4.2.3).
Run longest_zero_run(const uint8_t* bytes) {
  Run best;
  for (int i = 0; i < 8; ++i) {
    int end = i;
    while (end < 8 && group(bytes, end) == 0) ++end;
    if (end - i > best.length) best = {i, end - i};
    if (end > i) i = end;
  }
  return best;
}

}  // namespace

void put_ipv4(Buffer& out, const uint8_t* bytes) {
  // 15 characters and the slack of the last octet's store.
  out.commit(ipv4_text(out.reserve(20), bytes));
}

void put_ipv6(Buffer& out, const uint8_t* bytes) {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  char* at = out.reserve(48);
  if (std::memcmp(bytes, kMapped, sizeof(kMapped)) == 0) {
    std::memcpy(at, "::ffff:", 7);
    out.commit(ipv4_text(at + 7, bytes + 12));
    return;
  }
  const Run run = longest_zero_run(bytes);
  for (int i = 0; i < 8; ++i) {
    if (i == run.start) {
      *at++ = ':';
      *at++ = ':';
      i = run.end() - 1;
      continue;
    }
    if (i != 0 && i != run.end()) *at++ = ':';
    at = group_text(at, group(bytes, i));
  }
  out.commit(at);
}

bool is_link_local(const uint8_t* ipv6) {
  return ipv6[0] == 0xfe && (ipv6[1] & 0xc0) == 0x80;
}

}  // namespace socketrace
