// SPDX-License-Identifier: BSD-2-Clause
// The loaded programs of `count`: the only code that knows their skeleton. Inert until enable().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "attach/counters.h"
#include "attach/probes.h"
#include "attach/tallies.h"
#include "attach/tracepoints.h"
#include "base/result.h"
#include "bpf/contract/event.h"
#include "cli/invocation.h"

namespace socketrace {

class Counter {
 public:
  // Hits of these functions by this way of attaching.
  static Result<Counter> of_functions(Way way, std::span<const Target> targets,
                                      const st_config& config);
  // Calls, by operation or by key as `count` says. Some kernels refuse programs at the ends of
  // functions (fexit), which then must do without. *not_covered: what cannot be seen.
  static Result<Counter> of_calls(const st_config& config, const Count& count,
                                  bool ends_of_functions, std::string* not_covered);
  Counter(Counter&&) noexcept;
  Counter& operator=(Counter&&) noexcept;
  ~Counter();

  Programs programs() const;  // of functions
  Result<Tracepoints> attach_calls() const;
  void enable();
  void disable();

  // One number for each function: by index, or where a hit does not tell it by address. For calls
  // st_operations by enum st_operation, or st_outcomes by st_count_key.
  Tallies& tallies();
  bool by_address() const;
  // `lost` counts what found no room to be counted in.
  const Counters& counters() const;

 private:
  struct State;
  explicit Counter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace socketrace
