// SPDX-License-Identifier: BSD-2-Clause
// The words of selection: a function whose argument leads to a socket.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpf/contract/event.h"

namespace socketrace {

// A kernel function with a traceable argument.
struct Target {
  std::string name;
  std::string module;  // empty: vmlinux
  st_kind kind = ST_KIND_SOCK;
  unsigned arg = 1;     // 1..ST_MAX_ARG: position of the register that carries the pointer
  unsigned packet = 0;  // the same of a struct sk_buff * beside a sock or socket; 0: there is none
  std::string type_name;  // of the struct as declared: "sock", "tcp_sock", "sk_buff"
  bool is_const = false;  // a pointer to const
  uint32_t btf_id = 0;    // of the FUNC, in the BTF of its module
  uint64_t address = 0;   // symbol address from kallsyms; 0: not known, attach by name
};

// A function that was wanted and is not traced, and why, for -v and the summary.
struct Skipped {
  std::string name;
  std::string module;
  std::string reason;
  bool undescribed = false;  // named by the user, and in no BTF that was read
};

struct Targets {
  std::vector<Target> targets;  // sorted by name, then module, then address
  std::vector<Skipped> skipped;
  std::vector<std::string> notes;  // one line each: lists that could not be read, and what follows
};

}  // namespace socketrace
