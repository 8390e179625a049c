// SPDX-License-Identifier: BSD-2-Clause
#include "attach/probes.h"

#include "attach/backend.h"
#include "attach/close_all.h"
#include "attach/host.h"
#include "attach/missed.h"

namespace socketrace {
namespace {

std::optional<uint64_t> sum(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a || !b) return std::nullopt;
  return *a + *b;
}

std::optional<uint64_t> missed_by(const std::vector<Fd>& links) {
  std::optional<uint64_t> total;
  if (!links.empty()) total = 0;
  for (const Fd& link : links) {
    total = sum(total, missed_by_link(link.get()));
    if (!total) break;
  }
  return total;
}

std::optional<uint64_t> missed_by(const Programs& programs, const Host& host) {
  std::optional<uint64_t> total = 0;
  const auto add = [&](int fd) {
    if (fd >= 0 && total) total = sum(total, missed_by_program(fd, host));
  };
  add(programs.by_cookie);
  for (const auto& of_kind : programs.by_argument) {
    for (const int fd : of_kind) add(fd);
  }
  return total;
}

}  // namespace

struct Probes::State {
  LiveProbes attached;
  Programs programs;
  Host host;
  bool live = true;
  size_t left_to_kernel = 0;
  // As of detach(), when the links are gone.
  std::optional<uint64_t> missed_by_links, missed;
};

Result<Probes> Probes::attach(Way way, const Programs& programs, std::span<const Target> targets,
                              const Progress& progress) {
  if (targets.empty()) return Error("attach: no function to attach to");
  auto attached = way == Way::kprobe_multi ? attach_kprobe_multi(programs, targets, progress)
                                           : attach_kprobes(way, programs, targets, progress);
  if (!attached) return std::move(attached).error().within("attach");
  auto state = std::make_unique<State>();
  state->attached = std::move(*attached);
  state->programs = programs;
  state->host = read_host();
  return Probes(std::move(state));
}

Probes::Probes(std::unique_ptr<State> state) : state_(std::move(state)) {}
Probes::Probes(Probes&&) noexcept = default;

Probes& Probes::operator=(Probes&& other) noexcept {
  if (this != &other) {
    detach({});
    state_ = std::move(other.state_);
  }
  return *this;
}

Probes::~Probes() {
  detach({});
}

size_t Probes::attached() const {
  return state_->attached.functions;
}
const std::vector<Skipped>& Probes::skipped() const {
  return state_->attached.skipped;
}
bool Probes::interrupted() const {
  return state_->attached.interrupted;
}
size_t Probes::left_to_kernel() const {
  return state_->left_to_kernel;
}

std::optional<uint64_t> Probes::missed_by_links() const {
  return state_->live ? missed_by(state_->attached.fds) : state_->missed_by_links;
}

std::optional<uint64_t> Probes::missed() const {
  return state_->live ? sum(missed_by_links(), missed_by(state_->programs, state_->host))
                      : state_->missed;
}

void Probes::detach(const Progress& progress) {
  if (!state_ || !state_->live) return;
  state_->missed = missed();
  state_->missed_by_links = missed_by_links();
  state_->live = false;
  state_->left_to_kernel = close_all(state_->attached.fds, progress);
}

}  // namespace socketrace
