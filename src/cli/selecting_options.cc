// SPDX-License-Identifier: BSD-2-Clause
#include <array>
#include <string_view>

#include "cli/functions.h"
#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

void add_kind(KindSet& kinds, st_kind kind) {
  if (!kinds.given) kinds = KindSet{false, false, false, true};
  if (kind == ST_KIND_SOCK) kinds.sock = true;
  if (kind == ST_KIND_SOCKET) kinds.socket = true;
  if (kind == ST_KIND_SK_BUFF) kinds.sk_buff = true;
}

Result<void> trace_type(Invocation& invocation, std::string_view value) {
  add_kind(invocation.selection.kinds, TRY(parse_kind(value)));
  return {};
}

Result<void> list_funcs(Invocation& invocation, std::string_view value) {
  invocation.command = Command::list_funcs;
  if (value != kNoValue) invocation.list_type = kind_name(TRY(parse_kind(value)));
  return {};
}

constexpr auto kSelection = &Invocation::selection;
constexpr std::array kSelectingOptions = {
    OptionSpec{"--filter-funcs", 0, "RE2", Arity::one,
               store<kSelection, &Selection::include_pattern, parse_pattern>,
               "only functions whose whole name matches; without it tracepoint glue and bpf_* are "
               "left out"},
    OptionSpec{"--exclude-funcs", 0, "RE2", Arity::one,
               store<kSelection, &Selection::exclude_pattern, parse_pattern>,
               "no functions whose whole name matches"},
    OptionSpec{"--trace-types", 0, "TYPE", Arity::list, trace_type,
               "functions that take a pointer to struct sock, socket or sk_buff (default: all "
               "three; without kprobe-multi sock,socket)"},
    OptionSpec{"--modules", 0, "all|none|NAME", Arity::one,
               store<kSelection, &Selection::modules, parse_modules>,
               "functions of all loaded modules (default), of none, or of NAME,..."},
    OptionSpec{"--btf", 0, "FILE", Arity::one, store<kSelection, &Selection::btf_path, parse_path>,
               "choose functions by the types in FILE, not by /sys/kernel/btf/vmlinux; the "
               "programs still need that one"},
    OptionSpec{"--strict", 0, "", Arity::flag, set<kSelection, &Selection::strict>,
               "fail, in place of skipping, when a selected function cannot be traced"},
    OptionSpec{"--list-funcs", 0, "[TYPE]", Arity::optional, list_funcs,
               "print the functions that would be traced (those that take TYPE) and exit"},
};

}  // namespace

const OptionGroup& selecting_options() {
  static constexpr OptionGroup kGroup = {"Selecting functions", kSelectingOptions};
  return kGroup;
}

}  // namespace socketrace
