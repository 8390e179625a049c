// SPDX-License-Identifier: BSD-2-Clause
#include "select/named.h"

#include <bpf/btf.h>
#include <linux/btf.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "select/kallsyms.h"

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

// Why the BTF that was read has no function that the kernel has.
std::string why_undescribed(std::string_view module, const KernelFiles& files) {
  if (module.empty()) {
    return "the kernel has it, but its BTF does not (not compiled from C, or left out by pahole)";
  }
  const std::string name(module);
  std::error_code unreadable;
  if (std::filesystem::exists(files.btf + "/" + name, unreadable)) {
    return "in the module " + name + ", whose BTF is not read (--modules, --btf)";
  }
  return "in the module " + name +
         ", of which the kernel has no BTF (needs 5.11+ with CONFIG_DEBUG_INFO_BTF_MODULES=y)";
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
    if (describes(types, name)) {
      picked.skipped.push_back(
          {name, "", "none of its parameters leads to a socket of the types that are traced"});
    } else {
      picked.skipped.push_back(
          {name, "",
           "the kernel's BTF knows no function of this name (inlined, renamed, or its module is "
           "not loaded)",
           true});
    }
  }
}

void look_for_undescribed(Targets& picked, const KernelFiles& files) {
  std::unordered_map<std::string_view, Skipped*> undescribed;
  for (Skipped& skipped : picked.skipped) {
    if (skipped.undescribed) undescribed.emplace(skipped.name, &skipped);
  }
  if (undescribed.empty()) return;
  // kallsyms that cannot be read is told of where addresses are looked for.
  (void)each_run_of_lines(files.kallsyms, [&](std::string_view lines) {
    KallsymsLine symbol;
    while (next_text_symbol(lines, symbol)) {
      const auto found = undescribed.find(symbol.name);
      if (found != undescribed.end()) found->second->reason = why_undescribed(symbol.module, files);
    }
  });
}

}  // namespace socketrace
