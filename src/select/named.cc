// SPDX-License-Identifier: BSD-2-Clause
#include "select/named.h"

#include <bpf/btf.h>
#include <linux/btf.h>

#include <algorithm>
#include <unordered_set>

namespace socketrace {
namespace {

bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool describes(const Types& types, const std::string& name) {
  const auto in = [&name](const btf* btf) {
    return btf__find_by_name_kind(btf, name.c_str(), BTF_KIND_FUNC) > 0;
  };
  return in(types.kernel.get()) ||
         std::any_of(types.modules.begin(), types.modules.end(),
                     [&in](const ModuleTypes& module) { return in(module.btf.get()); });
}

}  // namespace

std::vector<std::string> names_listed(std::string_view pattern) {
  std::vector<std::string> names;
  while (!pattern.empty()) {
    const std::string_view name = pattern.substr(0, pattern.find('|'));
    if (name.empty() || !std::all_of(name.begin(), name.end(), in_name)) return {};
    names.emplace_back(name);
    pattern.remove_prefix(std::min(name.size() + 1, pattern.size()));
  }
  return names;
}

void explain_names(const Types& types, const std::vector<std::string>& names, Targets& picked) {
  std::unordered_set<std::string> told;
  for (const Target& target : picked.targets) told.insert(target.name);
  for (const Skipped& skipped : picked.skipped) told.insert(skipped.name);
  for (const std::string& name : names) {
    if (!told.insert(name).second) continue;
    picked.skipped.push_back(
        {name, "",
         describes(types, name)
             ? "none of its parameters leads to a socket of the types that are traced"
             : "the kernel's BTF knows no function of this name (inlined, renamed, or its module "
               "is not loaded)"});
  }
}

}  // namespace socketrace
