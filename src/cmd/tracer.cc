// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/tracer.h"

#include <utility>

#include "attach/object.h"
#include "attach/programs.h"
#include "cmd/loading.h"
#include "trace.skel.h"

namespace socketrace {

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

Result<Tracer> Tracer::load(Way way, const st_config& config, uint64_t ring_bytes) {
  if (way == Way::kprobe_multi) {
    Result<Tracer> direct = load_programs(way, Needs::direct_loads, config, ring_bytes);
    if (direct) return direct;
  }
  Result<Tracer> with_context = load_programs(way, Needs::context, config, ring_bytes);
  if (with_context || way == Way::kprobe_plain) return with_context;
  Result<Tracer> without = load_programs(way, Needs::nothing, config, ring_bytes);
  if (without) return without;
  return with_context;
}

Result<Tracer> Tracer::load_programs(Way way, Needs needs, const st_config& config,
                                     uint64_t ring_bytes) {
  Object<trace_bpf> object = TRY(Object<trace_bpf>::open());
  choose_programs(object->obj, way, needs);
  configure(object, config, ring_bytes);
  TRY(load_or_tell(object));
  const Counters counters = TRY(counters_of(object));
  return Tracer(std::make_unique<State>(State{way, needs, counters, std::move(object)}));
}

Programs Tracer::programs() const {
  return loaded_programs(state_->object->obj, state_->way, state_->needs);
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
