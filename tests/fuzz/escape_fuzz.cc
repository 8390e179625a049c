// SPDX-License-Identifier: BSD-2-Clause
// Escaping: printable ASCII comes out, and only one input gives it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/escape.h"
#include "property.h"

using namespace socketrace;

namespace {

unsigned digit(char c) {
  MUST((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
}

std::string unescaped(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text[0] != '\\') {
      bytes += text[0];
      text.remove_prefix(1);
      continue;
    }
    MUST(text.size() >= 2);
    if (text[1] == '\\') {
      bytes += '\\';
      text.remove_prefix(2);
      continue;
    }
    MUST(text[1] == 'x' && text.size() >= 4);
    bytes += static_cast<char>(digit(text[2]) << 4 | digit(text[3]));
    text.remove_prefix(4);
  }
  return bytes;
}

void check(std::string_view bytes, Spaces spaces, size_t capacity) {
  Buffer out(capacity);
  out.put("before");
  put_escaped(out, bytes, spaces);
  std::string_view text = out.view();
  MUST(text.starts_with("before"));
  text.remove_prefix(6);
  MUST(is_printable(text));
  MUST(spaces == Spaces::keep || text.find(' ') == std::string_view::npos);
  MUST(unescaped(text) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const Spaces spaces : {Spaces::keep, Spaces::escape}) {
    check(bytes, spaces, 4096);
    check(bytes, spaces, size % 16);  // grows on the way
  }
  return 0;
}
