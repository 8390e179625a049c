// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/tracer.h"

#include <bpf/libbpf.h>

#include <utility>

#include "attach/object.h"
#include "cmd/loading.h"
#include "trace.skel.h"

namespace socketrace {
namespace {

// The programs without cookies, by kind and argument position.
using PlainPrograms = std::array<std::array<bpf_program*, ST_MAX_ARG>, ST_KIND_COUNT>;
PlainPrograms plain_programs(const trace_bpf& object) {
  const auto& p = object.progs;
  return {{{p.st_sock_1, p.st_sock_2, p.st_sock_3, p.st_sock_4, p.st_sock_5},
           {p.st_socket_1, p.st_socket_2, p.st_socket_3, p.st_socket_4, p.st_socket_5},
           {p.st_skb_1, p.st_skb_2, p.st_skb_3, p.st_skb_4, p.st_skb_5}}};
}

// The program behind probes with cookies; nullptr for the way without.
bpf_program* cookie_program(const trace_bpf& object, Way way, Needs needs) {
  const auto& p = object.progs;
  switch (way) {
    case Way::kprobe_multi:
      if (needs == Needs::direct_loads) return p.st_multi_direct;
      return needs == Needs::context ? p.st_multi_context : p.st_multi;
    case Way::kprobe_cookie:
    case Way::event_cookie:
      return needs == Needs::context ? p.st_kprobe_cookie_context : p.st_kprobe_cookie;
    case Way::kprobe_plain:
    case Way::event_plain:
      break;
  }
  return nullptr;
}

void choose_programs(const trace_bpf& object, Way way, Needs needs,
                     std::span<const Target> targets) {
  if (bpf_program* program = cookie_program(object, way, needs)) {
    bpf_program__set_autoload(program, true);
    return;
  }
  const PlainPrograms plain = plain_programs(object);
  for (const Target& target : targets) {
    if (target.arg < 1 || target.arg > ST_MAX_ARG || target.kind >= ST_KIND_COUNT) continue;
    bpf_program__set_autoload(plain[target.kind][target.arg - 1], true);
  }
}

}  // namespace

struct Tracer::State {
  Way way;
  Needs needs;
  Counters counters;
  Object<trace_bpf> object;
};

Tracer::Tracer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tracer::Tracer(Tracer&&) noexcept = default;
Tracer& Tracer::operator=(Tracer&&) noexcept = default;
Tracer::~Tracer() = default;

Result<Tracer> Tracer::load(Way way, std::span<const Target> targets, const st_config& config,
                            uint64_t ring_bytes) {
  if (way == Way::kprobe_multi) {
    Result<Tracer> direct = load_programs(way, Needs::direct_loads, targets, config, ring_bytes);
    if (direct) return direct;
  }
  Result<Tracer> with_context = load_programs(way, Needs::context, targets, config, ring_bytes);
  if (with_context || !has_cookies(way)) return with_context;
  Result<Tracer> without = load_programs(way, Needs::nothing, targets, config, ring_bytes);
  if (without) return without;
  return with_context;
}

Result<Tracer> Tracer::load_programs(Way way, Needs needs, std::span<const Target> targets,
                                     const st_config& config, uint64_t ring_bytes) {
  Object<trace_bpf> object = TRY(Object<trace_bpf>::open());
  choose_programs(*object.operator->(), way, needs, targets);
  configure(object, config, ring_bytes);
  TRY(load_or_tell(object));
  const Counters counters = TRY(counters_of(object));
  return Tracer(std::make_unique<State>(State{way, needs, counters, std::move(object)}));
}

Programs Tracer::programs() const {
  const trace_bpf& object = *state_->object.operator->();
  Programs programs;
  for (auto& kind : programs.by_argument) kind.fill(-1);
  if (const bpf_program* program = cookie_program(object, state_->way, state_->needs)) {
    programs.by_cookie = bpf_program__fd(program);
    return programs;
  }
  const PlainPrograms plain = plain_programs(object);
  for (size_t kind = 0; kind < plain.size(); ++kind) {
    for (size_t arg = 0; arg < plain[kind].size(); ++arg) {
      programs.by_argument[kind][arg] = bpf_program__fd(plain[kind][arg]);
    }
  }
  return programs;
}

int Tracer::ring_fd() const {
  return ring_of(state_->object);
}

void Tracer::enable() {
  set_enabled(state_->object, true);
}
void Tracer::disable() {
  set_enabled(state_->object, false);
}

const Counters& Tracer::counters() const {
  return state_->counters;
}

}  // namespace socketrace
