// SPDX-License-Identifier: BSD-2-Clause
#include "format/payload.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/escape.h"

namespace socketrace {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr size_t kRow = 16;

// Four characters for each byte, so that a byte is one load and one store: this is most of what a
// dump costs.
template <typename Make>
constexpr std::array<std::array<char, 4>, 256> four_for_each(Make make) {
  std::array<std::array<char, 4>, 256> table{};
  for (size_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = make(kDigits[byte >> 4], kDigits[byte & 15]);
  }
  return table;
}
// Two spaces are for the last one of a group; another byte goes over the second.
constexpr auto kSpaced = four_for_each([](char high, char low) {
  return std::array{high, low, ' ', ' '};
});
constexpr auto kEscaped = four_for_each([](char high, char low) {
  return std::array{'\\', 'x', high, low};
});

void put_four(char* at, const std::array<char, 4>& four) {
  std::memcpy(at, four.data(), four.size());
}

// Where in a row things are, from the end of its offset.
constexpr size_t column_of(size_t byte) {
  return 2 + byte * 3 + (byte >= kRow / 2 ? 1 : 0);
}
constexpr size_t kText = column_of(kRow) + 1;
constexpr size_t kRowRoom = 2 * sizeof(size_t) + kText + kRow + 1;

// As one, which every processor of today can; of an array the compiler makes sixteen single ones.
using Sixteen [[gnu::vector_size(kRow)]] = uint8_t;

// Where it ends. Of the kRow bytes only `count` count.
char* write_row(char* at, size_t offset, const char* bytes, size_t count) {
  int shift = 16;
  while (offset >> shift != 0) shift += 4;
  while (shift > 16) *at++ = kDigits[offset >> (shift -= 4) & 15];
  put_four(at, kSpaced[offset >> 8 & 255]);
  put_four(at + 2, kSpaced[offset & 255]);
  at += 4;
#pragma GCC unroll 16
  for (size_t i = 0; i < kRow; ++i) {
    put_four(at + column_of(i), kSpaced[static_cast<uint8_t>(bytes[i])]);
  }
  if (count < kRow) std::memset(at + column_of(count), ' ', kText - column_of(count));
  Sixteen text;
  std::memcpy(&text, bytes, kRow);
  text = text - 0x20 < 0x5f ? text : Sixteen{} + '.';
  std::memcpy(at + kText, &text, kRow);
  at += kText + count;
  *at = '\n';
  return at + 1;
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

// Stays as it is: most of a text.
bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '\\';
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
  char* end = out.reserve((bytes.size() / kRow + 1) * kRowRoom);
  size_t at = 0;
  for (; bytes.size() - at >= kRow; at += kRow) end = write_row(end, at, &bytes[at], kRow);
  if (const auto rest = bytes.substr(at); !rest.empty()) {
    char row[kRow] = {};
    std::memcpy(row, rest.data(), rest.size());
    end = write_row(end, at, row, rest.size());
  }
  out.commit(end);
}

void put_hexstring(Buffer& out, std::string_view bytes) {
  if (bytes.empty()) return;
  char* end = out.reserve(bytes.size() * kEscaped[0].size() + 1);
#pragma GCC unroll 8
  for (const char c : bytes) {
    put_four(end, kEscaped[static_cast<uint8_t>(c)]);
    end += kEscaped[0].size();
  }
  *end = '\n';
  out.commit(end + 1);
}

void put_string(Buffer& out, std::string_view bytes) {
  bool in_line = false;
  while (!bytes.empty()) {
    if (!in_line) out.put('\t');
    in_line = true;
    if (const auto end = std::ranges::find_if_not(bytes, is_plain); end != bytes.begin()) {
      const auto plain = static_cast<size_t>(end - bytes.begin());
      out.put(bytes.substr(0, plain));
      bytes.remove_prefix(plain);
      continue;
    }
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
