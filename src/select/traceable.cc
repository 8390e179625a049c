// SPDX-License-Identifier: BSD-2-Clause
// What of the picked functions the kernel can trace, and where they are.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "select/kallsyms.h"
#include "select/lines.h"
#include "select/named.h"
#include "select/pick.h"
#include "select/wanted.h"

namespace socketrace {
namespace {

// What the two lists say about one wanted name.
struct Sighting {
  uint32_t traceable = 0;  // lines in available_filter_functions
  uint32_t symbols = 0;    // text symbols in kallsyms
  std::string renamed;     // "foo.llvm.123", which is foo
  std::string optimised;   // "foo.isra.0", when the list has that in place of foo
};

struct Sightings {
  std::vector<Sighting> by_target;
  std::vector<std::pair<uint32_t, uint64_t>> addresses;  // target and address, in kallsyms' order
  bool list_read = false;
  bool symbols_read = false;
  bool addresses_shown = false;
};

// "foo.llvm.123" -> "foo": a static function that clang's link-time optimisation gave a name of its
// own, to call it from elsewhere; its arguments stay as they are.
std::string_view without_llvm_suffix(std::string_view name) {
  constexpr std::string_view kSuffix = ".llvm.";
  const size_t at = name.rfind(kSuffix);
  if (at == std::string_view::npos || at + kSuffix.size() == name.size()) return name;
  const std::string_view digits = name.substr(at + kSuffix.size());
  const bool numbered = digits.find_first_not_of("0123456789") == std::string_view::npos;
  return numbered ? name.substr(0, at) : name;
}

void note_traceable(std::string_view lines, const WantedNames& wanted, Sightings& seen) {
  std::string_view line;
  while (next_line(lines, line)) {
    const std::string_view module = take_module(line);
    const std::string_view name = without_llvm_suffix(line);
    if (const uint32_t at = wanted.find(name, module); at != WantedNames::kNone) {
      ++seen.by_target[at].traceable;
      if (name.size() != line.size()) seen.by_target[at].renamed = line;
      continue;
    }
    const size_t dot = line.find('.');
    if (dot == std::string_view::npos) continue;
    const uint32_t at = wanted.find(line.substr(0, dot), module);
    if (at == WantedNames::kNone) continue;
    std::string& optimised = seen.by_target[at].optimised;
    if (optimised.empty()) optimised = line;
  }
}

void note_symbols(std::string_view lines, const WantedNames& wanted, Sightings& seen) {
  KallsymsLine line;
  while (next_text_symbol(lines, line)) {
    const uint32_t at = wanted.find(without_llvm_suffix(line.name), line.module);
    if (at == WantedNames::kNone) continue;
    uint64_t address = 0;
    if (!parse_address(line.address, address)) continue;
    ++seen.by_target[at].symbols;
    seen.addresses.emplace_back(at, address);
    seen.addresses_shown |= address != 0;
  }
}

// Finds the list in the first of the two places that has it.
void read_traceable(const KernelFiles& files, const WantedNames& wanted, Sightings& seen,
                    std::vector<std::string>& notes) {
  constexpr const char* kThen = "; functions that cannot be traced show only when attaching";
  std::optional<Error> why;
  for (const std::string& root : files.tracefs) {
    bool any = false;
    const auto read =
        each_run_of_lines(root + "/available_filter_functions", [&](std::string_view lines) {
          any = true;
          note_traceable(lines, wanted, seen);
        });
    if (read && any) {
      seen.list_read = true;
      return;
    }
    // Half a list would make functions look untraceable that are not.
    for (Sighting& sighting : seen.by_target) sighting = {};
    Error error = read ? Error(root + "/available_filter_functions is empty") : read.error();
    if (!why || why->errnum() == ENOENT) why = std::move(error);
  }
  if (why->errnum() == ENOENT) {
    notes.push_back("no available_filter_functions in " + files.tracefs[0] + " or " +
                    files.tracefs[1] + " (mount -t tracefs nodev " + files.tracefs[0] + ")" +
                    kThen);
  } else {
    notes.push_back(why->text() + kThen);
  }
}

void read_symbols(const KernelFiles& files, const WantedNames& wanted, Sightings& seen,
                  std::vector<std::string>& notes) {
  constexpr const char* kThen = "; functions are attached by name";
  const auto read = each_run_of_lines(
      files.kallsyms, [&](std::string_view lines) { note_symbols(lines, wanted, seen); });
  if (!read) {
    for (Sighting& sighting : seen.by_target) sighting.symbols = 0;
    seen.addresses.clear();
    seen.addresses_shown = false;
    notes.push_back(read.error().text() + kThen);
    return;
  }
  seen.symbols_read = true;
  if (seen.addresses_shown || seen.addresses.empty()) return;
  auto setting = read_whole(files.kptr_restrict, 4096);
  std::string value = setting ? *setting : "unknown";
  while (!value.empty() && value.back() == '\n') value.pop_back();
  // 0 and 1 show them to CAP_SYSLOG (0 to everybody where kernel.perf_event_paranoid is below 2).
  const bool to_nobody = value != "0" && value != "1";
  notes.push_back(files.kallsyms + " hides addresses (kernel.kptr_restrict is " + value + "): " +
                  (to_nobody ? "CAP_SYSLOG and sysctl -w kernel.kptr_restrict=1 show them"
                             : "CAP_SYSLOG shows them") +
                  kThen);
}

std::string times(uint32_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// Empty: nothing speaks against it. The lists know a function by its name only, so that the
// functions of one name can be told apart only when all of them are traceable, or none is.
std::string why_not(const Sighting& sighting, const Sightings& seen) {
  if (seen.list_read && sighting.traceable == 0) {
    if (!sighting.optimised.empty()) {
      return "the kernel has it only as " + sighting.optimised +
             ", whose arguments the compiler may have changed";
    }
    return "not in available_filter_functions (notrace, or inlined everywhere)";
  }
  if (!sighting.renamed.empty() && !seen.addresses_shown) {
    return "the kernel calls it " + sighting.renamed + ", and shows no addresses to find it by";
  }
  if (seen.symbols_read && sighting.symbols == 0) return "no function of this name in kallsyms";
  if (seen.symbols_read && seen.list_read && sighting.symbols != sighting.traceable) {
    return times(sighting.symbols, "function") + " of this name, of which " +
           std::to_string(sighting.traceable) + " can be traced: which is not known";
  }
  const uint32_t count = seen.symbols_read ? sighting.symbols : sighting.traceable;
  if (count > 1 && !seen.addresses_shown) {
    return times(count, "function") + " of this name, and no addresses to tell them apart";
  }
  return {};
}

}  // namespace

Targets keep_traceable(Targets picked, const KernelFiles& files) {
  look_for_undescribed(picked, files);
  if (picked.targets.empty()) return picked;
  WantedNames wanted(picked.targets.size());
  for (const Target& target : picked.targets) wanted.add(target.name, target.module);

  Sightings seen;
  seen.by_target.resize(picked.targets.size());
  read_traceable(files, wanted, seen, picked.notes);
  read_symbols(files, wanted, seen, picked.notes);
  std::sort(seen.addresses.begin(), seen.addresses.end());

  Targets kept;
  kept.skipped = std::move(picked.skipped);
  kept.notes = std::move(picked.notes);
  kept.targets.reserve(picked.targets.size());
  auto address = seen.addresses.begin();
  for (uint32_t at = 0; at < picked.targets.size(); ++at) {
    Target& target = picked.targets[at];
    const std::string reason = why_not(seen.by_target[at], seen);
    if (!reason.empty()) {
      kept.skipped.push_back({target.name, target.module, reason});
    } else if (!seen.addresses_shown) {
      kept.targets.push_back(target);
    }
    for (; address != seen.addresses.end() && address->first == at; ++address) {
      if (!reason.empty() || !seen.addresses_shown) continue;
      target.address = address->second;
      kept.targets.push_back(target);
    }
  }
  const auto by_name = [](const Skipped& a, const Skipped& b) {
    return std::pair(std::string_view(a.name), std::string_view(a.module)) <
           std::pair(std::string_view(b.name), std::string_view(b.module));
  };
  std::sort(kept.skipped.begin(), kept.skipped.end(), by_name);
  return kept;
}

}  // namespace socketrace
