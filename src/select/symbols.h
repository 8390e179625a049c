// SPDX-License-Identifier: BSD-2-Clause
// Kernel symbols by address, for stacks and for functions known by instruction pointer only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "select/kernel_files.h"

namespace socketrace {

struct Symbol {
  std::string_view name;    // into the table's own text
  std::string_view module;  // empty: vmlinux
  uint64_t address = 0;
  uint64_t offset = 0;  // of the looked-up address from the symbol
};

// Machine code of one function.
struct CodeRange {
  uint64_t address = 0;
  uint64_t size = 0;  // bytes
};

class SymbolTable {
 public:
  // Reads /proc/kallsyms: text symbols (t T w W), __pfx_* dropped.
  static Result<SymbolTable> load(const KernelFiles& files = {});
  // From the text of a kallsyms listing (hostile input: any bytes).
  static SymbolTable parse(std::string_view text);

  // The nearest symbol at or below the address; false when there is none, or none within 1 MiB (no
  // kernel function is that long: the address lies between modules), or when it is a module's last
  // one and on another page: that may be of a module that was loaded later. Of a BPF program only
  // where its code is known to be (bound_bpf), or on its page. No allocation.
  bool find(uint64_t address, Symbol& found) const;
  // Addresses that have a name; of several names for one address the first listed counts, as in
  // the kernel's own lookup.
  size_t size() const { return entries_.size(); }
  // kptr_restrict or a missing CAP_SYSLOG: the kernel prints every address as 0.
  bool addresses_hidden() const { return hidden_; }
  // What is known of where BPF programs end: others are loaded right behind them, at any time.
  void bound_bpf(std::vector<CodeRange> code);

 private:
  struct Entry {
    uint64_t address;
    uint32_t name_at;  // in names_
    uint16_t name_length;
    uint16_t module;  // in modules_
  };
  class Builder;
  bool is_within(const Entry& entry, uint64_t address) const;

  std::string names_;
  std::vector<std::string> modules_ = {""};
  std::vector<Entry> entries_;  // sorted by address, which are unique
  std::vector<CodeRange> bpf_;  // sorted by address
  bool hidden_ = false;
};

}  // namespace socketrace
