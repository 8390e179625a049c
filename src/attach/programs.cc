// SPDX-License-Identifier: BSD-2-Clause
#include "attach/programs.h"

#include <bpf/libbpf.h>

#include <array>
#include <string>

namespace socketrace {
namespace {

constexpr std::array<const char*, ST_KIND_COUNT> kPlainNames = {"st_sock_", "st_socket_",
                                                                "st_skb_"};

// The one without a cookie for this kind and position, 1 being the first argument.
bpf_program* plain_program(const bpf_object* object, size_t kind, size_t position) {
  const std::string name = kPlainNames[kind] + std::to_string(position);
  return bpf_object__find_program_by_name(object, name.c_str());
}

const char* multi_name(Needs needs) {
  switch (needs) {
    case Needs::direct_loads:
      return "st_multi_direct";
    case Needs::context:
      return "st_multi_context";
    case Needs::nothing:
      break;
  }
  return "st_multi";
}

// The program behind probes with cookies; nullptr for the ways without.
bpf_program* cookie_program(const bpf_object* object, Way way, Needs needs) {
  if (!has_cookies(way)) return nullptr;
  const char* name = needs == Needs::context ? "st_kprobe_cookie_context" : "st_kprobe_cookie";
  if (way == Way::kprobe_multi) name = multi_name(needs);
  return bpf_object__find_program_by_name(object, name);
}

}  // namespace

void choose_programs(const bpf_object* object, Way way, Needs needs,
                     std::span<const Target> targets) {
  if (bpf_program* program = cookie_program(object, way, needs)) {
    bpf_program__set_autoload(program, true);
    return;
  }
  for (const Target& target : targets) {
    if (target.arg < 1 || target.arg > ST_MAX_ARG || target.kind >= ST_KIND_COUNT) continue;
    bpf_program__set_autoload(plain_program(object, target.kind, target.arg), true);
  }
}

Programs loaded_programs(const bpf_object* object, Way way, Needs needs) {
  Programs programs;
  if (const bpf_program* program = cookie_program(object, way, needs)) {
    programs.by_cookie = bpf_program__fd(program);
    return programs;
  }
  for (size_t kind = 0; kind < ST_KIND_COUNT; ++kind) {
    for (size_t position = 1; position <= ST_MAX_ARG; ++position) {
      programs.by_argument[kind][position - 1] =
          bpf_program__fd(plain_program(object, kind, position));
    }
  }
  return programs;
}

}  // namespace socketrace
