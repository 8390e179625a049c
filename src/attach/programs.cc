// SPDX-License-Identifier: BSD-2-Clause
#include "attach/programs.h"

#include <bpf/libbpf.h>

#include <string>

namespace socketrace {
namespace {

constexpr std::array<const char*, ST_KIND_COUNT> kPlainNames = {"st_sock_", "st_socket_",
                                                                "st_skb_"};

// The one without a cookie for this kind and position, 0 being the first argument.
bpf_program* plain_program(const bpf_object* object, size_t kind, size_t position) {
  const std::string name = kPlainNames[kind] + std::to_string(position + 1);
  return bpf_object__find_program_by_name(object, name.c_str());
}

// The program behind probes with cookies; nullptr for the way without.
bpf_program* cookie_program(const bpf_object* object, Way way, Needs needs) {
  const char* name = nullptr;
  switch (way) {
    case Way::kprobe_multi:
      name = needs == Needs::direct_loads ? "st_multi_direct"
             : needs == Needs::context    ? "st_multi_context"
                                          : "st_multi";
      break;
    case Way::kprobe_cookie:
      name = needs == Needs::context ? "st_kprobe_cookie_context" : "st_kprobe_cookie";
      break;
    case Way::kprobe_plain:
      return nullptr;
  }
  return bpf_object__find_program_by_name(object, name);
}

}  // namespace

void choose_programs(const bpf_object* object, Way way, Needs needs) {
  if (bpf_program* program = cookie_program(object, way, needs)) {
    bpf_program__set_autoload(program, true);
  }
  if (way != Way::kprobe_plain) return;
  for (size_t kind = 0; kind < ST_KIND_COUNT; ++kind) {
    for (size_t position = 0; position < ST_MAX_ARG; ++position) {
      bpf_program__set_autoload(plain_program(object, kind, position), true);
    }
  }
}

Programs loaded_programs(const bpf_object* object, Way way, Needs needs) {
  Programs programs;
  if (const bpf_program* program = cookie_program(object, way, needs)) {
    programs.by_cookie = bpf_program__fd(program);
    return programs;
  }
  for (size_t kind = 0; kind < ST_KIND_COUNT; ++kind) {
    for (size_t position = 0; position < ST_MAX_ARG; ++position) {
      programs.by_argument[kind][position] = bpf_program__fd(plain_program(object, kind, position));
    }
  }
  return programs;
}

}  // namespace socketrace
