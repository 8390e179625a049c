// SPDX-License-Identifier: BSD-2-Clause
#include "base/escape.h"

#include <array>
#include <cstdint>

namespace socketrace {
namespace {

// Bit 0: stays with Spaces::keep, bit 1: with Spaces::escape.
constexpr std::array<uint8_t, 256> kPlain = [] {
  std::array<uint8_t, 256> plain{};
  for (size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = 3;
  plain[' '] = 1;
  plain['\\'] = 0;
  return plain;
}();

}  // namespace

void put_escaped_byte(Buffer& out, unsigned char byte) {
  static constexpr char kHex[] = "0123456789abcdef";
  const char text[] = {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  out.put(std::string_view(text, sizeof(text)));
}

void put_escaped(Buffer& out, std::string_view bytes, Spaces spaces) {
  const unsigned wanted = spaces == Spaces::keep ? 1 : 2;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = from + bytes.size();
  char* at = out.reserve(bytes.size());
  while (true) {
    while (from != end && (kPlain[*from] & wanted) != 0) *at++ = static_cast<char>(*from++);
    out.commit(at);
    if (from == end) [[likely]]
      return;
    if (*from == '\\') {
      out.put("\\\\");
    } else {
      put_escaped_byte(out, *from);
    }
    ++from;
    at = out.reserve(static_cast<size_t>(end - from));
  }
}

}  // namespace socketrace
