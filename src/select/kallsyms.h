// SPDX-License-Identifier: BSD-2-Clause
// One line of /proc/kallsyms:
//   ffffffff81a02b30 T tcp_sendmsg
//   ffffffffc0412000 t vsock_poll	[vsock]
#pragma once

#include <cstdint>
#include <string_view>

#include "select/lines.h"

namespace socketrace {

struct KallsymsLine {
  std::string_view address;  // hex digits, not parsed: most lines are of no interest
  std::string_view name;
  std::string_view module;  // empty: vmlinux; "bpf" for BPF programs
};

// The next text symbol (t T w W), false at the end. Lines of other types or of no known form are
// passed over, and so are __pfx_*: the paddings before functions (6.2+), as many as functions.
inline bool next_text_symbol(std::string_view& rest, KallsymsLine& symbol) {
  std::string_view line;
  while (next_line(rest, line)) {
    const size_t space = line.size() > 16 && line[16] == ' ' ? 16 : line.find(' ');
    if (space == std::string_view::npos || space == 0 || line.size() < space + 4) continue;
    const char type = static_cast<char>(line[space + 1] | 0x20);
    if ((type != 't' && type != 'w') || line[space + 2] != ' ') continue;
    symbol.address = line.substr(0, space);
    line.remove_prefix(space + 3);
    symbol.module = take_module(line);
    symbol.name = line;
    if (!line.empty() && !line.starts_with("__pfx_")) return true;
  }
  return false;
}

// False when it is not a 64-bit hex number.
inline bool parse_address(std::string_view text, uint64_t& address) {
  if (text.empty() || text.size() > 16) return false;
  address = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    unsigned digit = byte - '0';
    if (digit > 9) {
      digit = (byte | 0x20U) - 'a' + 10;
      if (digit < 10 || digit > 15) return false;
    }
    address = address << 4 | digit;
  }
  return true;
}

}  // namespace socketrace
