// SPDX-License-Identifier: BSD-2-Clause
#include "select/patterns.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace socketrace {
namespace {

// What TRACE_EVENT() and BPF make of themselves: 130..270 functions that take sock or sk_buff,
// many traceable, none of them the kernel's own work.
constexpr std::string_view kGlue[] = {
    "__bpf_trace_", "__traceiter_",           "__probestub_",
    "perf_trace_",  "trace_event_raw_event_", "bpf_",  // bpf_lsm_* among them
};

struct Denied {
  std::string_view prefix;
  const char* reason;
};
// Gathered by retsnoop, bpftrace and bpfsnoop. None takes a socket in the kernels we know: the
// types leave them out before this list does.
constexpr Denied kDenied[] = {
    {"rcu_", "never traced: every probe runs it itself"},
    {"__rcu_read_", "never traced: every probe runs it itself"},
    {"migrate_", "never traced: every probe runs it itself"},
    {"preempt_count_", "never traced: every probe runs it itself"},
    {"bpf_get_smp_processor_id", "never traced: every probe runs it itself"},
    {"__bpf_prog_enter", "never traced: every probe runs it itself"},
    {"__bpf_prog_exit", "never traced: every probe runs it itself"},
    {"__bpf_tramp_", "never traced: every probe runs it itself"},
    {"bpf_dispatcher_", "never traced: its code is rewritten while it runs"},
    {"arch_cpu_idle", "never traced: runs while RCU is not watching"},
    {"default_idle", "never traced: runs while RCU is not watching"},
    {"__ftrace_invalid_address___", "never traced: the kernel's mark for a removed function"},
};

Result<std::unique_ptr<re2::RE2>> compile_one(const char* option, const std::string& pattern) {
  if (pattern.empty()) return std::unique_ptr<re2::RE2>();
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  if (compiled->ok()) return compiled;
  std::string text = std::string(option) + " '" + pattern + "': " + compiled->error();
  // RE2 tells the offending piece, not its place: say the place when there is only one.
  const std::string& piece = compiled->error_arg();
  const size_t at = pattern.find(piece);
  if (!piece.empty() && piece != pattern && at != std::string::npos && at == pattern.rfind(piece)) {
    text += " (at character " + std::to_string(at + 1) + ")";
  }
  return Error::usage(std::move(text));
}

}  // namespace

Result<NamePatterns> NamePatterns::compile(const Selection& selection) {
  NamePatterns patterns;
  patterns.include_ = TRY(compile_one("--filter-funcs", selection.include_pattern));
  patterns.exclude_ = TRY(compile_one("--exclude-funcs", selection.exclude_pattern));
  return patterns;
}

bool NamePatterns::wants(std::string_view name) const {
  const re2::StringPiece piece(name.data(), name.size());
  if (exclude_ && re2::RE2::FullMatch(piece, *exclude_)) return false;
  if (include_) return re2::RE2::FullMatch(piece, *include_);
  return std::none_of(std::begin(kGlue), std::end(kGlue),
                      [&](std::string_view prefix) { return name.starts_with(prefix); });
}

const char* never_traced(std::string_view name) {
  const auto denied = std::find_if(std::begin(kDenied), std::end(kDenied),
                                   [&](const Denied& d) { return name.starts_with(d.prefix); });
  return denied == std::end(kDenied) ? nullptr : denied->reason;
}

}  // namespace socketrace
