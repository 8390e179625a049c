// SPDX-License-Identifier: BSD-2-Clause
#include "select/pick.h"

#include <bpf/btf.h>
#include <linux/btf.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "select/named.h"
#include "select/patterns.h"
#include "select/prototypes.h"
#include "select/types.h"

namespace socketrace {
namespace {

constexpr const char* kKindNames[ST_KIND_COUNT] = {"sock", "socket", "sk_buff"};

// What to trace in a function, or why nothing.
struct Choice {
  enum class What : uint8_t { nothing, carrier, refused };
  What what = What::nothing;
  st_kind kind = ST_KIND_SOCK;
  Carrier carrier;
  unsigned packet = 0;  // register of an sk_buff beside that, whatever kinds are asked for

  bool same_as(const Choice& other) const {
    return what == other.what && kind == other.kind && carrier.arg == other.carrier.arg &&
           packet == other.packet;
  }
};

// sock is complete and cheapest to read, an sk_buff often has no sock at all.
Choice choose(const Carriers* carriers, const KindSet& kinds) {
  const bool wanted[ST_KIND_COUNT] = {kinds.sock, kinds.socket, kinds.sk_buff};
  Choice choice;
  if (carriers == nullptr) return choice;
  for (unsigned kind = 0; kind < ST_KIND_COUNT; ++kind) {
    const Carrier& carrier = (*carriers)[kind];
    if (!wanted[kind] || carrier.where == Carrier::Where::nowhere) continue;
    if (carrier.where == Carrier::Where::in_register) {
      const Carrier& packet = (*carriers)[ST_KIND_SK_BUFF];
      const bool beside = kind != ST_KIND_SK_BUFF && packet.where == Carrier::Where::in_register;
      return {Choice::What::carrier, static_cast<st_kind>(kind), carrier, beside ? packet.arg : 0U};
    }
    if (choice.what == Choice::What::nothing) {
      choice = {Choice::What::refused, static_cast<st_kind>(kind), carrier};
    }
  }
  return choice;
}

std::string why_refused(const Choice& choice) {
  const std::string what = std::string("its struct ") + kKindNames[choice.kind] +
                           " * is parameter " + std::to_string(choice.carrier.position);
  return what + (choice.carrier.where == Carrier::Where::beyond
                     ? ": beyond the five argument registers that are read"
                     : ": which register carries it is not known");
}

// As the kernel's own check of BTF names allows; --btf may hold any bytes.
bool is_symbol_name(std::string_view name) {
  return !name.empty() && name.size() <= 511 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '$';
         });
}

class Picker {
 public:
  Picker(const Selection& selection, const NamePatterns& patterns)
      : selection_(selection), patterns_(patterns) {}

  // The functions that `btf` describes from id `first` on.
  void walk(const btf* btf, uint32_t first, const std::string& module) {
    prototypes_.look_at(btf, first);
    // pahole 1.24 (Debian 12's kernel) describes each of several functions of one name, without
    // telling which description is of which address.
    struct Namesakes {
      uint32_t id;
      Choice choice;
      bool alike = true;
    };
    std::unordered_map<uint32_t, Namesakes> namesakes;  // by name: an offset, unique in BTF
    const Functions functions = functions_of(btf, first);
    for (const uint32_t id : functions.ids) {
      const btf_type* func = btf__type_by_id(btf, id);
      const Choice choice = choose(prototypes_.carriers(func->type), selection_.kinds);
      if (functions.repeated.contains(func->name_off)) {
        const auto [met, fresh] = namesakes.try_emplace(func->name_off, Namesakes{id, choice});
        if (!fresh && !choice.same_as(met->second.choice)) met->second.alike = false;
      } else if (choice.what != Choice::What::nothing) {
        add(btf, id, module, choice);
      }
    }
    for (const auto& [name, same] : namesakes) {
      if (!same.alike) {
        add(btf, same.id, module, same.choice, "several functions of this name, unlike each other");
      } else if (same.choice.what != Choice::What::nothing) {
        add(btf, same.id, module, same.choice);
      }
    }
    functions_ += functions.ids.size();
  }

  size_t functions() const { return functions_; }

  Targets finish() && {
    const auto order = [](const auto& a, const auto& b) {
      return std::tie(a.name, a.module) < std::tie(b.name, b.module);
    };
    std::sort(picked_.targets.begin(), picked_.targets.end(), order);
    std::sort(picked_.skipped.begin(), picked_.skipped.end(), order);
    return std::move(picked_);
  }

 private:
  struct Functions {
    std::vector<uint32_t> ids;
    std::unordered_set<uint32_t> repeated;  // names that more than one has
  };
  Functions functions_of(const btf* btf, uint32_t first) {
    Functions functions;
    const uint32_t end = btf__type_cnt(btf);
    for (uint32_t id = first; id < end; ++id) {
      const btf_type* type = btf__type_by_id(btf, id);
      if (!btf_is_func(type) || type->name_off > BTF_MAX_NAME_OFFSET) continue;
      functions.ids.push_back(id);
      if (type->name_off >= seen_.size()) seen_.resize((size_t{type->name_off} + 1) * 2);
      if (seen_[type->name_off]) functions.repeated.insert(type->name_off);
      seen_[type->name_off] = true;
    }
    for (const uint32_t id : functions.ids) seen_[btf__type_by_id(btf, id)->name_off] = false;
    return functions;
  }

  void add(const btf* btf, uint32_t id, const std::string& module, const Choice& choice,
           std::string refusal = {}) {
    const char* name = btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off);
    if (name == nullptr || !is_symbol_name(name) || !patterns_.wants(name)) return;
    if (const char* reason = never_traced(name)) refusal = reason;
    if (refusal.empty() && choice.what == Choice::What::refused) refusal = why_refused(choice);
    if (!refusal.empty()) {
      picked_.skipped.push_back({name, module, std::move(refusal)});
      return;
    }
    const btf_type* type = btf__type_by_id(btf, choice.carrier.struct_id);
    const char* type_name = btf__name_by_offset(btf, type->name_off);
    const bool named = type_name != nullptr && is_symbol_name(type_name);
    picked_.targets.push_back({.name = name,
                               .module = module,
                               .kind = choice.kind,
                               .arg = choice.carrier.arg,
                               .packet = choice.packet,
                               .type_name = named ? type_name : kKindNames[choice.kind],
                               .is_const = choice.carrier.is_const,
                               .btf_id = id});
  }

  const Selection& selection_;
  const NamePatterns& patterns_;
  Prototypes prototypes_;
  std::vector<bool> seen_;  // by name; all false between two walks
  Targets picked_;
  size_t functions_ = 0;
};

}  // namespace

Result<Targets> pick_by_type(const Types& types, const Selection& selection) {
  const NamePatterns patterns = TRY(NamePatterns::compile(selection));
  Picker picker(selection, patterns);
  const btf* kernel = types.kernel.get();
  picker.walk(kernel, 1, "");
  if (picker.functions() == 0) {
    return Error(types.origin +
                 " describes no functions: the kernel's BTF was made by pahole older than 1.16");
  }
  for (const ModuleTypes& module : types.modules) {
    picker.walk(module.btf.get(), btf__type_cnt(kernel), module.name);
  }
  Targets picked = std::move(picker).finish();
  picked.notes = types.notes;
  std::vector<std::string> named = names_listed(selection.include_pattern);
  std::erase_if(named, [&patterns](const std::string& name) { return !patterns.wants(name); });
  explain_names(types, named, picked);
  return picked;
}

}  // namespace socketrace
