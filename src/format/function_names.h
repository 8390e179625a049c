// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "select/symbols.h"
#include "select/target.h"

namespace socketrace {

// The FUNC column. Texts are made once per target; hits without an index (no cookies below 5.15)
// are found by address, through the targets first and then through the symbols.
class FunctionNames {
 public:
  FunctionNames(const std::vector<Target>& targets, const SymbolTable* symbols);

  // "tcp_sendmsg" or "nf_nat_inet_fn [nf_nat]", padded to the width of the column, and a tab.
  void put_column(Buffer& out, uint32_t func, uint64_t ip) const;

  // Index of the target, or kNone.
  static constexpr uint32_t kNone = ST_FUNC_UNKNOWN;
  uint32_t target_at(uint64_t ip) const;

 private:
  void put_symbol(Buffer& out, uint32_t func, uint64_t ip) const;

  const SymbolTable* symbols_;
  std::string texts_;
  std::vector<uint32_t> ends_;  // of the text of target i in texts_
  struct At {
    uint64_t address;
    uint32_t target;
  };
  std::vector<At> by_address_;  // sorted
};

// "name" or "name [module]", escaped.
void put_function(Buffer& out, std::string_view name, std::string_view module);

}  // namespace socketrace
