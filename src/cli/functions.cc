// SPDX-License-Identifier: BSD-2-Clause
#include "cli/functions.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "cli/list.h"

namespace socketrace {
namespace {

constexpr std::array<const char*, ST_KIND_COUNT> kKindNames = {"sock", "socket", "sk_buff"};

bool is_module_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "struct sock *" -> "sock"
std::string_view bare_struct(std::string_view text) {
  if (text.starts_with("struct ")) text.remove_prefix(sizeof("struct ") - 1);
  if (text.ends_with('*')) text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "missing ): tcp_(" -> "missing )": the pattern stands in front of the message already.
std::string reason(const RE2& pattern) {
  constexpr size_t kMost = 60;
  const std::string& text = pattern.error();
  const size_t repeated = pattern.error_arg().size() + 2;
  if (pattern.error_arg() == pattern.pattern() && text.size() > repeated) {
    return text.substr(0, text.size() - repeated);
  }
  return text.substr(0, kMost);
}

}  // namespace

const char* kind_name(st_kind kind) {
  return kKindNames[kind];
}

Result<st_kind> parse_kind(std::string_view text) {
  const std::string_view name = bare_struct(text);
  for (size_t kind = 0; kind < kKindNames.size(); ++kind) {
    if (name == kKindNames[kind]) return static_cast<st_kind>(kind);
  }
  return Error::usage("not a traced type: want sock, socket or sk_buff");
}

Result<ModuleChoice> parse_modules(std::string_view text) {
  if (text == "all") return ModuleChoice{ModuleChoice::Mode::all, {}};
  if (text == "none") return ModuleChoice{ModuleChoice::Mode::none, {}};
  constexpr size_t kModuleNameLen = 56;  // MODULE_NAME_LEN, NUL included
  ModuleChoice choice{ModuleChoice::Mode::named, {}};
  for (const std::string_view item : TRY(split_list(text))) {
    std::string name(item);
    std::replace(name.begin(), name.end(), '-', '_');
    if (name == "all" || name == "none") {
      return Error::usage("all and none stand alone: want all, none, or names of modules");
    }
    if (name.size() >= kModuleNameLen || !std::all_of(name.begin(), name.end(), is_module_char)) {
      return Error::usage("not a module name: want all, none, or names as lsmod shows them");
    }
    choice.names.push_back(std::move(name));
  }
  return choice;
}

Result<std::string> parse_pattern(std::string_view text) {
  if (text.empty())
    return Error::usage("an empty pattern matches no function: want an RE2 pattern");
  RE2::Options options;
  options.set_log_errors(false);  // RE2 would write to stderr itself
  const RE2 pattern({text.data(), text.size()}, options);
  if (!pattern.ok()) return Error::usage("not an RE2 pattern: " + reason(pattern));
  return std::string(text);
}

}  // namespace socketrace
