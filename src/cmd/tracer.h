// SPDX-License-Identifier: BSD-2-Clause
// The loaded trace programs: the only code that knows the skeleton.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "attach/counters.h"
#include "attach/probes.h"
#include "attach/programs.h"
#include "base/result.h"
#include "bpf/contract/event.h"

namespace socketrace {

class Tracer {
 public:
  // Loads the programs that this way of attaching to these targets needs: one with cookies, without
  // them one for each kind and position of an argument. They are inert until enable().
  static Result<Tracer> load(Way way, std::span<const Target> targets, const st_config& config,
                             uint64_t ring_bytes);
  Tracer(Tracer&&) noexcept;
  Tracer& operator=(Tracer&&) noexcept;
  ~Tracer();

  Programs programs() const;
  int ring_fd() const;
  uint32_t& reader_sleeps();  // of st_state, for Show::run
  void enable();
  void disable();
  const Counters& counters() const;

 private:
  struct State;
  static Result<Tracer> load_programs(Way way, Needs needs, std::span<const Target> targets,
                                      const st_config& config, uint64_t ring_bytes);
  explicit Tracer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace socketrace
