// SPDX-License-Identifier: BSD-2-Clause
// What the run loop asks of a command: how a record reads.
#pragma once

#include <cstddef>
#include <span>

#include "base/buffer.h"

namespace socketrace {

enum class Told {
  line,       // one line, or a line and more that start with a tab (output/sink.h)
  nothing,    // understood, and nothing to show
  part,       // of hits that later records are, and no hit of its own
  malformed,  // counted, never shown
};

class Teller {
 public:
  virtual ~Teller() = default;
  virtual void put_header(Buffer&) {}
  virtual Told put_record(Buffer& out, std::span<const std::byte> record) = 0;
  virtual void put_footer(Buffer&) {}
};

}  // namespace socketrace
