// SPDX-License-Identifier: BSD-2-Clause
#include "attach/held.h"

#include <bpf/libbpf.h>

#include <string>

#include "host/host.h"

namespace socketrace {

void choose_held_programs(const bpf_object* object) {
  // bpf_local_irq_save came in 6.14 (c8e2ee1f3df0). That functions which are not static may be
  // called while the CPU is held: 6.15.
  if (object == nullptr || !read_host().at_least(6, 15)) return;
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
