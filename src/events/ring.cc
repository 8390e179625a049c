// SPDX-License-Identifier: BSD-2-Clause
#include "events/ring.h"

#include <bpf/libbpf.h>
#include <sys/epoll.h>

#include <cerrno>

#include "base/fd.h"

namespace socketrace {

struct Ring::State {
  OnRecord on_record;
  size_t taken = 0;  // in this call of consume
  bool stopped = false;
  Owned<ring_buffer, ring_buffer__free> ring;
};

namespace {

// libbpf takes the record off the ring before it looks at a negative answer, then returns it.
constexpr int kStop = -ECANCELED;

}  // namespace

Ring::Ring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ring::Ring(Ring&&) noexcept = default;
Ring& Ring::operator=(Ring&&) noexcept = default;
Ring::~Ring() = default;

Result<Ring> Ring::open(int map_fd, OnRecord on_record) {
  auto state = std::make_unique<State>();
  state->on_record = std::move(on_record);
  // The address of State is what the callback gets: it lives on the heap, so that Ring can move.
  const auto take = [](void* context, void* data, size_t size) {
    auto& self = *static_cast<State*>(context);
    ++self.taken;
    if (self.on_record({static_cast<const std::byte*>(data), size})) return 0;
    self.stopped = true;
    return kStop;
  };
  state->ring.reset(ring_buffer__new(map_fd, take, state.get(), nullptr));
  if (!state->ring) return Error::from_errno("map the ring buffer", errno);
  return Ring(std::move(state));
}

Result<size_t> Ring::consume() {
  state_->taken = 0;
  state_->stopped = false;
  const int status = ring_buffer__consume(state_->ring.get());
  if (status < 0 && !state_->stopped) return Error::from_errno("read the ring buffer", -status);
  return state_->taken;
}

Result<void> Ring::wait(int timeout_ms) {
  // Not ring_buffer__poll: it consumes, and its errors are those of the callback as well.
  epoll_event event;
  const int epoll_fd = ring_buffer__epoll_fd(state_->ring.get());
  if (epoll_wait(epoll_fd, &event, 1, timeout_ms) < 0 && errno != EINTR) {
    return Error::from_errno("wait for the ring buffer", errno);
  }
  return {};
}

}  // namespace socketrace
