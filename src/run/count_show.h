// SPDX-License-Identifier: BSD-2-Clause
// Counts -> lines -> sink, once an interval.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/invocation.h"
#include "format/counts.h"
#include "output/sink.h"

namespace socketrace {

class CountShow {
 public:
  // `take` gives what was counted since it was last asked, as whole lines.
  using Take = std::function<Result<std::vector<std::string>>()>;
  // Borrows `in` and `sink`.
  CountShow(const Invocation& in, Sink& sink, Take take);

  // Until the last interval has passed; that one is for last(), once nothing counts any more.
  // `between` is called every now and then.
  Result<void> run(const std::atomic<int>& stop, const std::function<void()>& between);
  // Then closes the output.
  Result<void> last();

 private:
  Result<bool> show();
  bool ended() const;

  const Invocation& in_;
  Sink& sink_;
  Take take_;
  IntervalTime time_;
  uint64_t lines_ = 0;
};

}  // namespace socketrace
