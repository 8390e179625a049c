// SPDX-License-Identifier: BSD-2-Clause
#include "attach/held.h"

#include <bpf/libbpf.h>

#include <string>

#include "host/host.h"

namespace socketrace {

// bpf_local_irq_save came in 6.14 (c8e2ee1f3df0), the calls in 6.15.
bool can_hold() {
  return read_host().at_least(6, 15);
}

void choose_held_programs(const bpf_object* object) {
  if (object == nullptr || !can_hold()) return;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    if (!bpf_program__autoload(program)) continue;
    const std::string name = std::string(bpf_program__name(program)) + "_held";
    bpf_program* twin = bpf_object__find_program_by_name(object, name.c_str());
    if (twin == nullptr) continue;
    bpf_program__set_autoload(program, false);
    bpf_program__set_autoload(twin, true);
  }
}

}  // namespace socketrace
