// SPDX-License-Identifier: BSD-2-Clause
// --list-funcs: what would be traced, and nothing is attached.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "cli/functions.h"
#include "cmd/cmd.h"
#include "cmd/functions.h"
#include "output/sink.h"
#include "select/pick.h"

namespace socketrace {
namespace {

const char* ordinal(unsigned number) {
  static constexpr const char* kOrdinals[] = {"0th", "1st", "2nd", "3rd", "4th", "5th"};
  return number < std::size(kOrdinals) ? kOrdinals[number] : "later";
}

Selection narrowed_to(Selection selection, const std::string& type) {
  if (type.empty()) return selection;
  selection.kinds.sock = type == "sock";
  selection.kinds.socket = type == "socket";
  selection.kinds.sk_buff = type == "sk_buff";
  selection.kinds.given = true;
  return selection;
}

}  // namespace

Result<int> list_funcs(const Invocation& in) {
  Sink sink = TRY(Sink::open(in.view.output_path));
  const Selection selection = narrowed_to(in.selection, in.list_type.value_or(""));
  const Targets listed = TRY(list_functions(selection, in.way));

  // Grouped by type and position, as the original prints them; within a group sorted by name.
  std::map<std::pair<st_kind, unsigned>, std::vector<const Target*>> groups;
  for (const Target& target : listed.targets) {
    groups[{target.kind, target.arg}].push_back(&target);
  }
  Buffer& out = sink.buffer();
  for (const auto& [group, members] : groups) {
    const auto& [kind, arg] = group;
    out.put(fmt::format("With 'struct {} *' as the {} parameter's type, total {} functions:\n",
                        kind_name(kind), ordinal(arg), members.size()));
    for (const Target* target : members) {
      out.put('\t');
      out.put(target->name);
      if (!target->module.empty()) out.put(" [" + target->module + "]");
      if (target->type_name != kind_name(kind)) out.put(" (struct " + target->type_name + " *)");
      out.put('\n');
    }
    out.put('\n');
  }
  out.put(fmt::format("Total: {}\n", listed.targets.size()));
  TRY(sink.finish());
  return 0;
}

}  // namespace socketrace
