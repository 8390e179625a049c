// SPDX-License-Identifier: BSD-2-Clause
#include "attach/trampolines.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <string>

#include "attach/libbpf_log.h"
#include "base/fd.h"
#include "host/explain.h"

namespace socketrace {
namespace {

// "fexit/unix_stream_sendmsg" -> "unix_stream_sendmsg"
std::string function_of(const bpf_program* program) {
  const std::string section = bpf_program__section_name(program);
  return section.substr(section.find('/') + 1);
}

}  // namespace

Result<void> choose_trampolines(std::span<const Trampoline> trampolines) {
  LibbpfLog log;
  const Owned<btf, btf__free> types(btf__load_vmlinux_btf());
  if (!types) return load_error("read the kernel's types", errno, log.take());
  const auto has = [&](const char* name, unsigned kind) {
    return btf__find_by_name_kind(types.get(), name, kind) > 0;
  };
  // Before e21aa341785c (5.12, and in stable trees) detaching while a task slept in the function
  // freed the code that it would return to; receivers sleep all the time.
  if (!has("bpf_tramp_image", BTF_KIND_STRUCT)) {
    return Error(
        "this kernel cannot safely attach to functions that sleep: want Linux 5.12, or 5.10 with "
        "the fix e21aa341785c");
  }
  for (const Trampoline& one : trampolines) {
    if (one.presence == Presence::unwanted) continue;
    const std::string function = function_of(one.program);
    const bool there = has(function.c_str(), BTF_KIND_FUNC);
    if (!there && one.presence == Presence::required) {
      return Error("attach to " + function +
                   ": this kernel's types have no such function (unix sockets as a module?)");
    }
    bpf_program__set_autoload(one.program, there);
  }
  return {};
}

}  // namespace socketrace
