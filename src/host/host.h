// SPDX-License-Identifier: BSD-2-Clause
// What this machine lets us do, asked before anything is loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace socketrace {

// linux/capability.h of the build host may be older than 5.8.
constexpr unsigned kCapPerfmon = 38;
constexpr unsigned kCapBpf = 39;

struct Host {
  std::string release;                       // as uname -r
  unsigned major = 0, minor = 0, patch = 0;  // patch is a distribution's own number with some
  std::optional<uint64_t> capabilities;      // effective set; nullopt: /proc did not tell
  bool own_user_namespace = false;           // capabilities count in a user namespace only
  bool lockdown_confidentiality = false;
  bool ftrace_disabled = false;  // sysctl kernel.ftrace_enabled=0
  bool jit_disabled = false;     // sysctl net.core.bpf_jit_enable=0

  bool at_least(unsigned want_major, unsigned want_minor) const {
    return major != want_major ? major > want_major : minor >= want_minor;
  }
  bool has(unsigned capability) const {
    return !capabilities || ((*capabilities >> capability) & 1) != 0;
  }
};

// `root` is put before every path (tests).
Host read_host(const std::string& root = "");

// Does a probe on the return of a user function end programs under seccomp? On x86 from 6.11 on
// they return by a system call of its own, which filters refused until cf6cb56ef244 (6.14, and
// stable trees).
bool uretprobes_kill(const Host& host);

// Where programs go: ftrace has to do with functions only.
enum class Places { functions, tracepoints };

// Cause and remedy in one line when tracing cannot work here: kernel below 5.8, missing
// capabilities, lockdown, the BPF JIT or ftrace switched off.
Result<void> check_host(const Host& host, Places places = Places::functions);
Result<void> check_host(Places places = Places::functions);

// "CAP_BPF and CAP_PERFMON": what is missing of what loading and attaching need; empty: nothing.
std::string missing_capabilities(const Host& host);

// Descriptors and locked memory for `functions` probes: RLIMIT_NOFILE to 2 * functions + 512, and
// RLIMIT_MEMLOCK off below 5.11 (before memory cgroups took over the accounting of maps).
Result<void> raise_limits(size_t functions, const Host& host);

}  // namespace socketrace
