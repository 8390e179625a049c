// SPDX-License-Identifier: BSD-2-Clause
// All-or-nothing batches, made to tolerate bad members: find each one and go on without it.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace socketrace {

// Attaches members [first, first + count); 0, or a positive errno when none of them was attached.
using AttachBatch = std::function<int(size_t first, size_t count)>;

struct BatchOutcome {
  struct Refused {
    size_t member;
    int errnum;
  };
  std::vector<Refused> refused;  // in ascending order
  size_t attached = 0;
  size_t tried = 0;        // members [0, tried) are attached or refused
  int fatal = 0;           // an errno that is not about one member; 0: none
  bool stopped = false;    // the caller wanted to stop
  size_t batch_limit = 0;  // largest batch that memory allows (ENOMEM halves); total when none
};

// One call when all is well. Each bad member costs at most log2(total) + 2 more calls, and its
// neighbours in a run of bad ones (an unloaded module) one call each. ENOMEM halves the batch size
// for all that follows. When `hopeless` members in a row are refused and none was ever attached,
// the last errno is taken as fatal: the mechanism is missing, not the functions.
BatchOutcome attach_in_batches(size_t total, const AttachBatch& attach,
                               const std::function<bool()>& stop, size_t hopeless = 24);

// The same for a mechanism that takes one member a call. Fatal are: no descriptors left, and
// permissions when they are refused to the first three members (one may be a security module's).
BatchOutcome attach_one_by_one(size_t total, const std::function<int(size_t member)>& attach,
                               const std::function<bool()>& stop);

}  // namespace socketrace
