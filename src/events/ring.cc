// SPDX-License-Identifier: BSD-2-Clause
#include "events/ring.h"

#include <bpf/bpf.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/fd.h"

namespace socketrace {
namespace {

class Mapping {
 public:
  Mapping(int fd, size_t length, int protection, off_t offset)
      : start_(mmap(nullptr, length, protection, MAP_SHARED, fd, offset)), length_(length) {}
  Mapping(Mapping&& other) noexcept
      : start_(std::exchange(other.start_, MAP_FAILED)), length_(other.length_) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (*this) munmap(start_, length_);
  }

  explicit operator bool() const { return start_ != MAP_FAILED; }
  std::byte* start() const { return static_cast<std::byte*>(start_); }
  uint64_t& position() const { return *static_cast<uint64_t*>(start_); }

 private:
  void* start_;
  size_t length_;
};

}  // namespace

// One page with the consumer's position, ours to write; one with the producers', and then the data.
struct Ring::State {
  Mapping ours, theirs;
  Fd epoll;
  OnRecord on_record;
  RingReader reader;
};

Ring::Ring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ring::Ring(Ring&&) noexcept = default;
Ring& Ring::operator=(Ring&&) noexcept = default;
Ring::~Ring() = default;

Result<Ring> Ring::open(int map_fd, OnRecord on_record) {
  bpf_map_info info{};
  uint32_t info_length = sizeof info;
  if (bpf_obj_get_info_by_fd(map_fd, &info, &info_length) != 0) {
    return Error::from_errno("map the ring buffer", errno);
  }
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  Mapping ours(map_fd, page, PROT_READ | PROT_WRITE, 0);
  if (!ours) return Error::from_errno("map the ring buffer's position", errno);
  Mapping theirs(map_fd, page + info.max_entries, PROT_READ, static_cast<off_t>(page));
  if (!theirs) return Error::from_errno("map the ring buffer", errno);

  Fd epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event readable{};
  readable.events = EPOLLIN;
  if (!epoll || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, map_fd, &readable) != 0) {
    return Error::from_errno("wait for the ring buffer", errno);
  }
  RingReader reader(ours.position(), theirs.position(), {theirs.start() + page, info.max_entries});
  return Ring(std::unique_ptr<State>(new State{std::move(ours), std::move(theirs), std::move(epoll),
                                               std::move(on_record), std::move(reader)}));
}

Result<size_t> Ring::consume() {
  return state_->reader.consume(state_->on_record);
}

Result<void> Ring::wait(int timeout_ms) {
  epoll_event event;
  if (epoll_wait(state_->epoll.get(), &event, 1, timeout_ms) < 0 && errno != EINTR) {
    return Error::from_errno("wait for the ring buffer", errno);
  }
  return {};
}

}  // namespace socketrace
