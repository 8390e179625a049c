// SPDX-License-Identifier: BSD-2-Clause
#include "cmd/counter.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attach/object.h"
#include "attach/programs.h"
#include "bpf/contract/count.h"
#include "cmd/loading.h"
#include "count.skel.h"

namespace socketrace {

struct Counter::State {
  Way way;
  Needs needs;
  Object<count_bpf> object;
  Counters counters;
  Tallies tallies;
};

namespace {

using CountObject = Object<count_bpf>;

constexpr size_t words_of(size_t bytes) {
  return bytes / sizeof(uint64_t);
}

// The maps have an entry for each target, at least one: 0 is no size of a map.
Result<CountObject> load_functions(Way way, Needs needs, std::span<const Target> targets,
                                   const st_config& config) {
  CountObject object = TRY(CountObject::open());
  choose_programs(object->obj, way, needs, targets);
  object->rodata->st_config = config;
  const auto entries = static_cast<uint32_t>(std::max<size_t>(targets.size(), 1));
  bpf_map__set_max_entries(object->maps.by_function, entries);
  bpf_map__set_max_entries(object->maps.by_address, entries);
  TRY(load_or_tell(object));
  return object;
}

// What the ends of functions tell on top of system calls and tracepoints.
enum class Sends { by_tracepoint, by_calls };

void choose(std::initializer_list<bpf_program*> programs) {
  for (bpf_program* program : programs) bpf_program__set_autoload(program, true);
}

void choose_calls(const count_bpf& object, bool every_operation) {
  const auto& p = object.progs;
  choose({p.st_enter_accept, p.st_exit_accept, p.st_enter_accept4, p.st_exit_accept4,
          p.st_enter_connect, p.st_exit_connect});
  if (!every_operation) return;
  choose({p.st_enter_bind, p.st_exit_bind, p.st_enter_socket, p.st_exit_socket,
          p.st_enter_socketpair, p.st_exit_socketpair});
}

void choose_sends(const count_bpf& object, Sends sends) {
  const auto& p = object.progs;
  if (sends == Sends::by_tracepoint) return choose({p.st_sent, p.st_received});
  choose({p.st_enter_sendto, p.st_exit_sendto, p.st_enter_sendmsg, p.st_exit_sendmsg,
          p.st_enter_sendmmsg, p.st_exit_sendmmsg, p.st_enter_recvfrom, p.st_exit_recvfrom,
          p.st_enter_recvmsg, p.st_exit_recvmsg, p.st_enter_recvmmsg, p.st_exit_recvmmsg});
}

void choose_ends_of_functions(const count_bpf& object, Sends sends) {
  const auto& p = object.progs;
  choose({p.st_spliced});
  if (sends == Sends::by_calls) choose({p.st_written, p.st_read, p.st_page_sent});
}

Result<CountObject> load_calls(const st_config& config, const Count& count,
                               std::optional<Sends> sends, bool ends_of_functions) {
  CountObject object = TRY(CountObject::open());
  object->rodata->st_config = config;
  object->rodata->st_count_config.by = count.by;
  object->rodata->st_count_config.by_operation = sends.has_value();
  if (sends) bpf_map__set_max_entries(object->maps.by_key, 1);
  choose_calls(*object.operator->(), sends.has_value());
  if (sends) choose_sends(*object.operator->(), *sends);
  if (sends && ends_of_functions) choose_ends_of_functions(*object.operator->(), *sends);
  TRY(load_or_tell(object));
  return object;
}

Result<std::optional<Sends>> choose_sends(const Count& count) {
  if (count.what != Count::What::calls) return std::optional<Sends>();
  // Where there is sendpage (until 6.4), sendfile goes by the tracepoint.
  const bool all_meet =
      TRY(has_tracepoint("sock_send_length")) && !TRY(has_function("sock_sendpage"));
  return std::optional(all_meet ? Sends::by_tracepoint : Sends::by_calls);
}

}  // namespace

Counter::Counter(std::unique_ptr<State> state) : state_(std::move(state)) {}
Counter::Counter(Counter&&) noexcept = default;
Counter& Counter::operator=(Counter&&) noexcept = default;
Counter::~Counter() = default;

Result<Counter> Counter::of_functions(Way way, std::span<const Target> targets,
                                      const st_config& config) {
  return load_best(way, [&](Needs needs) -> Result<Counter> {
    CountObject object = TRY(load_functions(way, needs, targets, config));
    const bool by_index = tells_target(way);
    const bpf_map* map = by_index ? object->maps.by_function : object->maps.by_address;
    const size_t key_bytes = by_index ? sizeof(uint32_t) : sizeof(uint64_t);
    const Counters counters = TRY(counters_of(object));
    Tallies tallies = TRY(Tallies::open(bpf_map__fd(map), key_bytes, 1));
    return Counter(std::make_unique<State>(
        State{way, needs, std::move(object), counters, std::move(tallies)}));
  });
}

Result<Counter> Counter::of_calls(const st_config& config, const Count& count,
                                  bool ends_of_functions, std::string* not_covered) {
  const std::optional<Sends> sends = TRY(choose_sends(count));
  *not_covered = "32-bit programs; accept, connect, bind and socket by io_uring";
  if (sends == Sends::by_calls) *not_covered += "; sends and receives by io_uring (from 6.5 on)";
  if (sends && !ends_of_functions) {
    *not_covered += sends == Sends::by_calls
                        ? "; read, write, sendfile and splice of sockets (no safe fexit here)"
                        : "; splice from sockets (no safe fexit here)";
  }
  CountObject object = TRY(load_calls(config, count, sends, ends_of_functions));
  const Counters counters = TRY(counters_of(object));
  Tallies tallies = sends ? TRY(Tallies::open(bpf_map__fd(object->maps.operations),
                                              sizeof(uint32_t), words_of(sizeof(st_operations))))
                          : TRY(Tallies::open(bpf_map__fd(object->maps.by_key),
                                              sizeof(st_count_key), words_of(sizeof(st_outcomes))));
  return Counter(std::make_unique<State>(
      State{Way::kprobe_multi, Needs::nothing, std::move(object), counters, std::move(tallies)}));
}

Programs Counter::programs() const {
  return loaded_programs(state_->object->obj, state_->way, state_->needs);
}

Result<Tracepoints> Counter::attach_calls() const {
  return Tracepoints::attach(state_->object->obj);
}

void Counter::enable() {
  set_enabled(state_->object, true);
}
void Counter::disable() {
  set_enabled(state_->object, false);
}

Tallies& Counter::tallies() {
  return state_->tallies;
}
bool Counter::by_address() const {
  return !tells_target(state_->way);
}
const Counters& Counter::counters() const {
  return state_->counters;
}

}  // namespace socketrace
