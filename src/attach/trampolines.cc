// SPDX-License-Identifier: BSD-2-Clause
#include "attach/trampolines.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <string>

#include "attach/kernel_types.h"
#include "host/explain.h"

namespace socketrace {
namespace {

// "fexit/unix_stream_sendmsg" -> "unix_stream_sendmsg"
std::string function_of(const bpf_program* program) {
  const std::string section = bpf_program__section_name(program);
  return section.substr(section.find('/') + 1);
}

}  // namespace

bool can_leave_sleepers(const btf* kernel) {
  return btf__find_by_name_kind(kernel, "bpf_tramp_image", BTF_KIND_STRUCT) > 0;
}

Result<bool> can_leave_sleepers() {
  return can_leave_sleepers(TRY(load_kernel_types()).get());
}

Result<void> choose_trampolines(std::span<const Trampoline> trampolines) {
  const auto types = TRY(load_kernel_types());
  if (!can_leave_sleepers(types.get())) {
    return Error(
        "this kernel cannot safely attach to functions that sleep: want Linux 5.12, or 5.10 with "
        "the fix e21aa341785c");
  }
  for (const Trampoline& one : trampolines) {
    if (one.presence == Presence::unwanted) continue;
    const std::string function = function_of(one.program);
    const bool there = btf__find_by_name_kind(types.get(), function.c_str(), BTF_KIND_FUNC) > 0;
    if (!there && one.presence == Presence::required) {
      return Error("attach to " + function +
                   ": this kernel's types have no such function (unix sockets as a module?)");
    }
    bpf_program__set_autoload(one.program, there);
  }
  return {};
}

}  // namespace socketrace
