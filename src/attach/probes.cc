// SPDX-License-Identifier: BSD-2-Clause
#include "attach/probes.h"

#include <algorithm>
#include <cstdint>

#include "attach/backends/backend.h"
#include "attach/backends/close_all.h"
#include "attach/missed.h"
#include "host/host.h"

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
  for (const auto& [cookie, fd] : programs.by_argument) add(fd);
  return total;
}

Result<LiveProbes> attach_by(Way way, const Programs& programs, std::span<const Target> targets,
                             const Progress& progress) {
  if (way == Way::kprobe_multi) return attach_kprobe_multi(programs, targets, progress);
  if (by_event(way)) return attach_probe_events(way, programs, targets, progress);
  return attach_kprobes(way, programs, targets, progress);
}

// A part of a longer work: reports go on from `done` of `total`.
Progress part(const Progress& whole, size_t done, size_t share, size_t total) {
  if (!whole.report) return whole;
  const auto report = [&whole, done, share, total](size_t part_done, size_t part_total) {
    whole.report(done + share * part_done / std::max<size_t>(part_total, 1), total);
  };
  return {report, whole.stop, whole.before};
}

}  // namespace

struct Probes::State {
  LiveProbes attached;
  Programs programs;
  Host host;
  bool live = true;
  size_t left_to_kernel = 0, left_defined = 0;
  bool events = false;
  // As of detach(), when the links are gone.
  std::optional<uint64_t> missed_by_links, missed;
};

Result<Probes> Probes::attach(Way way, const Programs& programs, std::span<const Target> targets,
                              const Progress& progress) {
  if (targets.empty()) return Error("attach: no function to attach to");
  auto attached = attach_by(way, programs, targets, progress);
  if (!attached) return std::move(attached).error().within("attach");
  auto state = std::make_unique<State>();
  state->attached = std::move(*attached);
  state->programs = programs;
  state->host = read_host();
  state->events = by_event(way);
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

size_t Probes::left_defined() const {
  return state_->left_defined;
}

// Of an event with many probes, the kernel tells what one of them missed.
std::optional<uint64_t> Probes::missed_by_links() const {
  if (state_->events) return std::nullopt;
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
  LiveProbes& attached = state_->attached;
  if (!attached.group) {
    state_->left_to_kernel = close_all(attached.fds, progress);
    return;
  }
  // What is left here stays until the next start: the Ctrl-C that cut the drain short is not taken
  // for this as well.
  Progress patient = progress;
  if (patient.stop != nullptr) patient.before = patient.stop->load();
  // Disarmed first, then removed: to the host they are gone when the first half is done.
  const size_t half = attached.functions;
  state_->left_to_kernel = close_all(attached.fds, part(patient, 0, half, 2 * half));
  state_->left_defined = attached.group->remove_all(part(patient, half, half, 2 * half));
  attached.group.reset();
}

}  // namespace socketrace
