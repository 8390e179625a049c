// SPDX-License-Identifier: BSD-2-Clause
#include "attach/bpf_code.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "base/fd.h"

namespace socketrace {
namespace {

// Of one program: how many functions it has, then where they are (bpf_prog_info, 4.18).
void add_code(int program_fd, std::vector<CodeRange>& code) {
  bpf_prog_info info{};
  uint32_t length = sizeof info;
  if (bpf_obj_get_info_by_fd(program_fd, &info, &length) != 0) return;
  const uint32_t functions = std::min(info.nr_jited_ksyms, info.nr_jited_func_lens);
  std::vector<uint64_t> addresses(functions);
  std::vector<uint32_t> lengths(functions);
  info = {};
  info.nr_jited_ksyms = functions;
  info.jited_ksyms = reinterpret_cast<uintptr_t>(addresses.data());
  info.nr_jited_func_lens = functions;
  info.jited_func_lens = reinterpret_cast<uintptr_t>(lengths.data());
  length = sizeof info;
  if (bpf_obj_get_info_by_fd(program_fd, &info, &length) != 0) return;
  for (uint32_t at = 0; at < functions; ++at) {
    if (addresses[at] != 0) code.push_back({.address = addresses[at], .size = lengths[at]});
  }
}

}  // namespace

std::vector<CodeRange> loaded_bpf_code() {
  std::vector<CodeRange> code;
  uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    const Fd program(bpf_prog_get_fd_by_id(id));
    if (program) {
      add_code(program.get(), code);
    } else if (errno != ENOENT) {  // ENOENT: it is gone
      break;
    }
  }
  return code;
}

}  // namespace socketrace
