// SPDX-License-Identifier: BSD-2-Clause
// What selects functions: argument types, modules, patterns.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bpf/contract/event.h"
#include "cli/invocation.h"

namespace socketrace {

// "sock", "socket", "sk_buff"; "struct sock" and "struct sock *" too.
Result<st_kind> parse_kind(std::string_view text);
const char* kind_name(st_kind kind);

// "all", "none", or a name as lsmod shows it ('-' is read as '_', as modprobe does).
Result<ModuleChoice> parse_modules(std::string_view text);

// An RE2 pattern that compiles.
Result<std::string> parse_pattern(std::string_view text);

}  // namespace socketrace
