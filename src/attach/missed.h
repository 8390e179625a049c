// SPDX-License-Identifier: BSD-2-Clause
// Hits that the kernel dropped before our program could see them.
#pragma once

#include <cstdint>
#include <optional>

#include "host/host.h"

namespace socketrace {

// Of a kprobe-multi or perf-event link: hits while the probe was already running on that CPU.
// nullopt: the kernel does not tell (below 6.7), or this is no link.
std::optional<uint64_t> missed_by_link(int link_fd);

// Of a program: hits while another kprobe program ran on that CPU (bpf_prog_active).
// nullopt: the kernel does not tell. `host` as of attaching: once confined, no file can be opened.
std::optional<uint64_t> missed_by_program(int program_fd, const Host& host);

// Of a program on a raw tracepoint: hits while the same program ran on that CPU. Below 6.1
// (05b24ff9b2cf) such programs may run within each other, and nothing is missed.
std::optional<uint64_t> missed_by_raw_program(int program_fd);

}  // namespace socketrace
