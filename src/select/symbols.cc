// SPDX-License-Identifier: BSD-2-Clause
#include "select/symbols.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "select/kallsyms.h"

namespace socketrace {
namespace {

constexpr uint64_t kLongestFunction = 1 << 20;
constexpr uint64_t kPage = 4096;                 // of the smallest size there is
constexpr size_t kLongestName = 511;             // KSYM_NAME_LEN - 1 (127 below 6.1)
constexpr size_t kMostText = size_t{256} << 20;  // of names; a kernel has about 5 MiB

}  // namespace

class SymbolTable::Builder {
 public:
  void add(std::string_view lines) {
    KallsymsLine line;
    while (next_text_symbol(lines, line)) {
      uint64_t address = 0;
      if (!parse_address(line.address, address)) continue;
      if (address == 0) {
        saw_zero_ = true;
        continue;
      }
      if (line.name.size() > kLongestName || table_.names_.size() > kMostText) continue;
      if (!find_module(line.module)) continue;
      table_.entries_.push_back({address, static_cast<uint32_t>(table_.names_.size()),
                                 static_cast<uint16_t>(line.name.size()), module_});
      table_.names_ += line.name;
    }
  }

  SymbolTable finish() && {
    auto& entries = table_.entries_;
    const auto by_address = [](const Entry& a, const Entry& b) { return a.address < b.address; };
    // vmlinux comes sorted, the symbols of a module do not.
    if (!std::is_sorted(entries.begin(), entries.end(), by_address)) {
      std::stable_sort(entries.begin(), entries.end(), by_address);
    }
    const auto same = [](const Entry& a, const Entry& b) { return a.address == b.address; };
    entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
    entries.shrink_to_fit();
    table_.names_.shrink_to_fit();
    table_.hidden_ = saw_zero_ && entries.empty();
    return std::move(table_);
  }

 private:
  // Sets module_; a module's symbols come together, so that this rarely looks further.
  bool find_module(std::string_view name) {
    if (name == table_.modules_[module_]) return true;
    if (name.empty()) {
      module_ = 0;
      return true;
    }
    if (name.size() > kLongestName) return false;
    const size_t next = table_.modules_.size();
    const auto [at, fresh] = numbers_.try_emplace(std::string(name), next);
    if (fresh) {
      if (next > std::numeric_limits<uint16_t>::max()) {
        numbers_.erase(at);
        return false;
      }
      table_.modules_.emplace_back(name);
    }
    module_ = static_cast<uint16_t>(at->second);
    return true;
  }

  SymbolTable table_;
  std::unordered_map<std::string, size_t> numbers_;
  uint16_t module_ = 0;
  bool saw_zero_ = false;
};

Result<SymbolTable> SymbolTable::load(const KernelFiles& files) {
  Builder builder;
  TRY(each_run_of_lines(files.kallsyms, [&](std::string_view lines) { builder.add(lines); }));
  return std::move(builder).finish();
}

SymbolTable SymbolTable::parse(std::string_view text) {
  Builder builder;
  builder.add(text);
  return std::move(builder).finish();
}

void SymbolTable::bound_bpf(std::vector<CodeRange> code) {
  bpf_ = std::move(code);
  std::sort(bpf_.begin(), bpf_.end(),
            [](const CodeRange& a, const CodeRange& b) { return a.address < b.address; });
}

// Behind a module's last symbol another one may lie that was loaded since; but never in the same
// page, for a module's text has its pages for itself. BPF programs share theirs (5.18); trampolines
// and dispatchers, whose length nobody tells, have one page each.
bool SymbolTable::is_within(const Entry& entry, uint64_t address) const {
  if (entry.module == 0) return true;
  const bool same_page = address / kPage == entry.address / kPage;
  if (modules_[entry.module] == "bpf") {
    const auto code = std::lower_bound(
        bpf_.begin(), bpf_.end(), entry.address,
        [](const CodeRange& range, uint64_t wanted) { return range.address < wanted; });
    if (code == bpf_.end() || code->address != entry.address) return same_page;
    return address - entry.address < code->size;
  }
  const Entry* next = &entry + 1;
  return same_page || (next != entries_.data() + entries_.size() && next->module == entry.module);
}

bool SymbolTable::find(uint64_t address, Symbol& found) const {
  auto entry = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](uint64_t a, const Entry& b) { return a < b.address; });
  if (entry == entries_.begin()) return false;
  --entry;
  if (address - entry->address >= kLongestFunction) return false;
  if (!is_within(*entry, address)) return false;
  found.name = std::string_view(names_).substr(entry->name_at, entry->name_length);
  found.module = modules_[entry->module];
  found.address = entry->address;
  found.offset = address - entry->address;
  return true;
}

}  // namespace socketrace
