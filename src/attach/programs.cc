// SPDX-License-Identifier: BSD-2-Clause
#include "attach/programs.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>

namespace socketrace {
namespace {

constexpr std::array<const char*, ST_KIND_COUNT> kPlainNames = {"st_sock_", "st_socket_",
                                                                "st_skb_"};

// The one without a cookie that does what this one would: bpf/functions.h.
bpf_program* plain_program(const bpf_object* object, uint64_t cookie) {
  const size_t kind = ST_COOKIE_KIND(cookie);
  if (kind >= ST_KIND_COUNT) return nullptr;
  const std::string name = fmt::format("{}{}_{}", kPlainNames[kind], ST_COOKIE_ARGUMENT(cookie),
                                       ST_COOKIE_PACKET(cookie));
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

uint64_t cookie_of(const Target& target, size_t function) {
  return ST_COOKIE(function, target.kind, target.arg, target.packet);
}

void choose_programs(const bpf_object* object, Way way, Needs needs,
                     std::span<const Target> targets) {
  if (bpf_program* program = cookie_program(object, way, needs)) {
    bpf_program__set_autoload(program, true);
    return;
  }
  for (const Target& target : targets) {
    bpf_program* program = plain_program(object, cookie_of(target, ST_FUNC_UNKNOWN));
    if (program != nullptr) bpf_program__set_autoload(program, true);
  }
}

Programs loaded_programs(const bpf_object* object, Way way, Needs needs) {
  Programs programs;
  if (const bpf_program* program = cookie_program(object, way, needs)) {
    programs.by_cookie = bpf_program__fd(program);
    return programs;
  }
  for (unsigned kind = 0; kind < ST_KIND_COUNT; ++kind) {
    for (unsigned arg = 1; arg <= ST_MAX_ARG; ++arg) {
      for (unsigned packet = 0; packet <= ST_MAX_ARG; ++packet) {
        const uint64_t cookie = ST_COOKIE(ST_FUNC_UNKNOWN, kind, arg, packet);
        const int fd = bpf_program__fd(plain_program(object, cookie));
        if (fd >= 0) programs.by_argument[cookie] = fd;
      }
    }
  }
  return programs;
}

}  // namespace socketrace
