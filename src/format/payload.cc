// SPDX-License-Identifier: BSD-2-Clause
#include "format/payload.h"

#include <algorithm>
#include <cstdint>

#include "format/escape.h"

namespace socketrace {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr size_t kRow = 16;

void put_hex_byte(Buffer& out, char byte) {
  const auto value = static_cast<uint8_t>(byte);
  const char text[] = {kDigits[value >> 4], kDigits[value & 15]};
  out.put(std::string_view(text, sizeof(text)));
}

// Eight bytes, or the room of eight.
void put_group(Buffer& out, std::string_view bytes) {
  constexpr size_t kWidth = 23;
  const size_t start = out.size();
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (at != 0) out.put(' ');
    put_hex_byte(out, bytes[at]);
  }
  out.pad_to(start, kWidth);
}

void put_row(Buffer& out, size_t offset, std::string_view row) {
  for (size_t top = 0x1000; top > 1 && offset < top; top >>= 4) out.put('0');
  out.put_number(offset, 16);
  out.put("  ");
  put_group(out, row.substr(0, kRow / 2));
  out.put("  ");
  put_group(out, row.substr(std::min(kRow / 2, row.size())));
  out.put("  ");
  for (const char c : row) out.put(c >= 0x20 && c < 0x7f ? c : '.');
  out.put('\n');
}

struct Letter {
  uint32_t code = 0;
  size_t length = 0;  // 0: the bytes are no UTF-8
};

// The first letter of more than one byte; no overlong forms, no surrogates (RFC 3629).
Letter decode_utf8(std::string_view bytes) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(bytes[at]); };
  const uint8_t first = byte(0);
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return {};
  uint32_t code = first & (0x7fU >> length);
  for (size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(at) & 0x3fU);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

// C1 controls, and what moves or hides other letters: directions, joiners, line separators, tags.
bool misleads(uint32_t code) {
  struct Range {
    uint32_t first, last;
  };
  constexpr Range kRanges[] = {{0x80, 0x9f},     {0xad, 0xad},      {0x61c, 0x61c},
                               {0x180b, 0x180f}, {0x200b, 0x200f},  {0x2028, 0x202e},
                               {0x2060, 0x206f}, {0xfe00, 0xfe0f},  {0xfeff, 0xfeff},
                               {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};
  return std::ranges::any_of(
      kRanges, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

void put_code(Buffer& out, uint32_t code) {
  out.put(code > 0xffff ? "\\U" : "\\u");
  for (int shift = code > 0xffff ? 28 : 12; shift >= 0; shift -= 4) {
    out.put(kDigits[code >> shift & 15]);
  }
}

// Some bytes of the front; returns how many.
size_t put_letter(Buffer& out, std::string_view bytes) {
  const char c = bytes[0];
  if (static_cast<uint8_t>(c) >= 0x80) {
    const Letter letter = decode_utf8(bytes);
    if (letter.length == 0) {
      put_escaped_byte(out, static_cast<unsigned char>(c));
      return 1;
    }
    if (misleads(letter.code)) {
      put_code(out, letter.code);
    } else {
      out.put(bytes.substr(0, letter.length));
    }
    return letter.length;
  }
  if (c == '\r') {
    out.put("\\r");
  } else if (c == '\t') {
    out.put("\\t");
  } else {
    put_escaped(out, bytes.substr(0, 1));
  }
  return 1;
}

}  // namespace

void put_hex(Buffer& out, std::string_view bytes) {
  for (size_t at = 0; at < bytes.size(); at += kRow) put_row(out, at, bytes.substr(at, kRow));
}

void put_hexstring(Buffer& out, std::string_view bytes) {
  if (bytes.empty()) return;
  for (const char c : bytes) put_escaped_byte(out, static_cast<unsigned char>(c));
  out.put('\n');
}

void put_string(Buffer& out, std::string_view bytes) {
  bool in_line = false;
  while (!bytes.empty()) {
    if (!in_line) out.put('\t');
    in_line = true;
    if (bytes[0] == '\n') {
      out.put("\\n\n");
      in_line = false;
      bytes.remove_prefix(1);
    } else {
      bytes.remove_prefix(put_letter(out, bytes));
    }
  }
  if (in_line) out.put('\n');
}

}  // namespace socketrace
