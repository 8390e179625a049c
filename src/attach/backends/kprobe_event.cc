// SPDX-License-Identifier: BSD-2-Clause
// Kprobes through probe events of tracefs: many share one, with its perf event and program.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "attach/backends/backend.h"
#include "attach/backends/event_group.h"
#include "attach/backends/kprobe_pmu.h"
#include "attach/backends/one_by_one.h"

namespace socketrace {
namespace {

// Disarming all probes of an event is one system call that no signal interrupts, at milliseconds
// each; and it takes two grace periods, whatever their number.
constexpr size_t kProbesEach = 64;

constexpr std::array<const char*, ST_KIND_COUNT> kKindNames = {"sock", "socket", "sk_buff"};

// Adds each target to the event at hand, or to a new one when that is full or of another kind.
class Attacher {
 public:
  Attacher(Way way, const Programs& programs) : way_(way), programs_(programs) {}

  int attach(const Target& target, LiveProbes& attached) {
    const bool fits = room_ > 0 && cookie_of(target, ST_FUNC_UNKNOWN) == cookie_;
    const int errnum = fits ? attached.group->define(event_, target) : begin(target, attached);
    if (errnum == 0) room_--;
    return errnum;
  }

 private:
  int begin(const Target& target, LiveProbes& attached) {
    room_ = 0;
    event_ = fmt::format("{}_{}_{}_{}", kKindNames[target.kind], target.arg, target.packet,
                         attached.fds.size());
    if (const int errnum = attached.group->define(event_, target)) return errnum;
    auto used = use(target, *attached.group);
    if (!used) {
      attached.group->remove(event_);
      return used.error().errnum();
    }
    attached.fds.push_back(std::move(*used));
    cookie_ = cookie_of(target, ST_FUNC_UNKNOWN), room_ = kProbesEach;
    return 0;
  }

  Result<Fd> use(const Target& target, const EventGroup& group) const {
    Fd event = TRY(group.use(event_));
    const int program = program_for(way_, programs_, target);
    if (way_ == Way::event_plain) return set_program(program, std::move(event));
    // One cookie for all probes of the event: a hit tells its function by address.
    return link_program(program, std::move(event), cookie_of(target, ST_FUNC_UNKNOWN));
  }

  Way way_;
  const Programs& programs_;
  std::string event_;
  uint64_t cookie_ = 0;  // without a function: of all probes of the event
  size_t room_ = 0;
};

}  // namespace

Result<LiveProbes> attach_probe_events(Way way, const Programs& programs,
                                       std::span<const Target> targets, const Progress& progress) {
  LiveProbes live;
  live.group = std::make_unique<EventGroup>(TRY(EventGroup::claim()));
  Attacher attacher(way, programs);
  const auto attach = [&](const Target& target, size_t, LiveProbes& attached) {
    return attacher.attach(target, attached);
  };
  return attach_each("kprobe-event", way, programs, targets, progress, std::move(live), attach);
}

}  // namespace socketrace
