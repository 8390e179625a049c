// SPDX-License-Identifier: BSD-2-Clause
// The ring buffer, read through mmap: no bpf(2) call per event.
#pragma once

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "events/ring_reader.h"

namespace socketrace {

class Ring {
 public:
  // `map_fd` is borrowed: a BPF_MAP_TYPE_RINGBUF. While the kernel keeps the ring filled, consume()
  // does not come back on its own: whoever must react to a limit, a signal or a clock does so in
  // `on_record`.
  static Result<Ring> open(int map_fd, OnRecord on_record);
  Ring(Ring&&) noexcept;
  Ring& operator=(Ring&&) noexcept;
  ~Ring();

  // Consumes all that is there; number of records, or an error. Stops early when `on_record` said
  // so.
  Result<size_t> consume();
  // Waits until the kernel wakes us or the time is over; EINTR is a normal return. Records that
  // were submitted without a wakeup do not end the wait: call consume() after it in any case.
  Result<void> wait(int timeout_ms);

 private:
  struct State;
  explicit Ring(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace socketrace
