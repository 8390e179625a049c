// SPDX-License-Identifier: BSD-2-Clause
// Bytes of a message as text; each ends with a newline, and nothing of no bytes.
#pragma once

#include <string_view>

#include "base/buffer.h"

namespace socketrace {

// 0000  48 45 41 44 20 2f 5f 70  69 6e 67 20 48 54 54 50  HEAD /_ping HTTP
void put_hex(Buffer& out, std::string_view bytes);

// \x48\x45: between quotes a literal of C, Go and Python (b"").
void put_hexstring(Buffer& out, std::string_view bytes);

// Lines of text, each after a tab, so that none can be taken for a line of ours. Printable UTF-8
// stays; controls are escaped (\r, \x1b, \u202e), and "\n" stands where a line of the text ends.
void put_string(Buffer& out, std::string_view bytes);

}  // namespace socketrace
