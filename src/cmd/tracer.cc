// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <atomic>
#include <utility>
#include <vector>

#include "attach/config.h"
#include "attach/object.h"
#include "base/log.h"
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
      return needs == Needs::context ? p.st_kprobe_cookie_context : p.st_kprobe_cookie;
    case Way::kprobe_plain:
      break;
  }
  return nullptr;
}

void choose_programs(const trace_bpf& object, Way way, Needs needs) {
  if (bpf_program* program = cookie_program(object, way, needs)) {
    bpf_program__set_autoload(program, true);
  }
  for (const auto& kind : plain_programs(object)) {
    for (bpf_program* program : kind) bpf_program__set_autoload(program, way == Way::kprobe_plain);
  }
}

}  // namespace

struct Tracer::State {
  Way way;
  Needs needs;
  size_t cpus;  // that could ever be there: one set of counters each
  Object<trace_bpf> object;

  // `enabled` is written here and read by programs on every CPU.
  void set_enabled(uint32_t value) {
    std::atomic_ref<uint32_t>(object->bss->st_state.enabled).store(value);
  }
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
  choose_programs(*object.operator->(), way, needs);
  object->rodata->st_config = config;
  if (ring_bytes != 0) {
    bpf_map__set_max_entries(object->maps.ring, static_cast<uint32_t>(ring_bytes));
  }
  fit_to_ring(object->rodata->st_config, bpf_map__max_entries(object->maps.ring));
  if (auto loaded = object.load(); !loaded) {
    say_verbose_lines(object.log());
    return std::move(loaded).error();
  }
  // Asked for now: it reads a file of /sys, and counting comes when we may open none.
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return Error::from_errno("count the possible CPUs", -cpus);
  return Tracer(
      std::make_unique<State>(State{way, needs, static_cast<size_t>(cpus), std::move(object)}));
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
  return bpf_map__fd(state_->object->maps.ring);
}

void Tracer::enable() {
  state_->set_enabled(1);
}
void Tracer::disable() {
  state_->set_enabled(0);
}

Result<Totals> Tracer::totals() const {
  std::vector<st_stats> by_cpu(state_->cpus);
  const uint32_t only = 0;
  const int status =
      bpf_map_lookup_elem(bpf_map__fd(state_->object->maps.stats), &only, by_cpu.data());
  if (status != 0) return Error::from_errno("read the hit counters", -status);
  Totals totals;
  for (const st_stats& cpu : by_cpu) {
    totals.matched += cpu.matched;
    totals.lost += cpu.lost;
    totals.stack_failed += cpu.stack_failed;
  }
  return totals;
}

}  // namespace socketrace
