// SPDX-License-Identifier: BSD-2-Clause
// The one escaper: whatever came from the kernel or from another process passes here on its way to
// a line. Printable ASCII stays, a backslash doubles, every other byte becomes \xNN. Strict on
// purpose: UTF-8 would bring C1 controls, bidirectional overrides and invisible letters with it.
#pragma once

#include <string_view>

#include "base/buffer.h"

namespace socketrace {

enum class Spaces {
  keep,
  escape,  // for names among key=value fields: a space in them must not look like the next field
};

void put_escaped(Buffer& out, std::string_view bytes, Spaces spaces = Spaces::keep);

// One byte as \xNN, whatever it is.
void put_escaped_byte(Buffer& out, unsigned char byte);

}  // namespace socketrace
