// SPDX-License-Identifier: BSD-2-Clause
// One hit -> one line (and its stack lines). The hot path: no allocation, no system call.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "cli/invocation.h"
#include "events/clock.h"
#include "events/decode.h"
#include "format/frames.h"
#include "format/function_names.h"
#include "format/timestamp.h"
#include "select/symbols.h"
#include "select/target.h"

namespace socketrace {

class LineFormat {
 public:
  // `targets` and `symbols` are borrowed; symbols may be nullptr (addresses print as hex then).
  // `clock`: for absolute timestamps.
  LineFormat(const View& view, const std::vector<Target>& targets, const SymbolTable* symbols,
             WallClock clock);

  void put_header(Buffer& out) const;
  // Every line of a hit but the first starts with a tab; the last one ends with a newline.
  void put_hit(Buffer& out, const Hit& hit);

 private:
  void put_stack(Buffer& out, const Hit& hit);

  const View view_;
  const std::vector<Target>& targets_;
  TimeColumn time_;
  FunctionNames functions_;
  std::optional<Frames> frames_;  // with --output-stack
};

}  // namespace socketrace
