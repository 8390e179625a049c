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

Result<Tracer> Tracer::load(Way way, std::span<const Target> targets, const st_config& config,
                            uint64_t ring_bytes) {
  return load_best(
      way, [&](Needs needs) { return load_programs(way, needs, targets, config, ring_bytes); });
}

Result<Tracer> Tracer::load_programs(Way way, Needs needs, std::span<const Target> targets,
                                     const st_config& config, uint64_t ring_bytes) {
  Object<trace_bpf> object = TRY(Object<trace_bpf>::open());
  choose_programs(object->obj, way, needs, targets);
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

uint32_t& Tracer::reader_sleeps() {
  return socketrace::reader_sleeps(state_->object);
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
