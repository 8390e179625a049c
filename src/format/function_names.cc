// SPDX-License-Identifier: BSD-2-Clause
#include "format/function_names.h"

#include <algorithm>

#include "base/escape.h"

namespace socketrace {
namespace {

constexpr size_t kWidth = 32;
// How far behind a function's address a probe may sit: ENDBR (4), the call to ftrace (5), the
// instruction pointer after a breakpoint (1); arm64 has a BTI and two instructions (12).
constexpr uint64_t kProbeReach = 16;

}  // namespace

void put_function(Buffer& out, std::string_view name, std::string_view module) {
  put_escaped(out, name, Spaces::escape);
  if (module.empty()) return;
  out.put(" [");
  put_escaped(out, module, Spaces::escape);
  out.put(']');
}

FunctionNames::FunctionNames(const std::vector<Target>& targets, const SymbolTable* symbols)
    : symbols_(symbols) {
  Buffer text(1024);
  for (const Target& target : targets) {
    text.clear();
    put_function(text, target.name, target.module);
    text.pad_to(0, kWidth);
    text.put('\t');
    texts_ += text.view();
    ends_.push_back(static_cast<uint32_t>(texts_.size()));
    if (target.address != 0) {
      by_address_.push_back({target.address, static_cast<uint32_t>(ends_.size() - 1)});
    }
  }
  std::ranges::stable_sort(by_address_, {}, &At::address);
}

uint32_t FunctionNames::target_at(uint64_t ip) const {
  auto above = std::ranges::upper_bound(by_address_, ip, {}, &At::address);
  if (above == by_address_.begin()) return kNone;
  const At& nearest = *std::prev(above);
  return ip - nearest.address < kProbeReach ? nearest.target : kNone;
}

void FunctionNames::put_column(Buffer& out, uint32_t func, uint64_t ip) const {
  if (func == ST_FUNC_UNKNOWN) func = target_at(ip);
  if (func < ends_.size()) [[likely]] {
    const uint32_t start = func == 0 ? 0 : ends_[func - 1];
    out.put(std::string_view(texts_).substr(start, ends_[func] - start));
    return;
  }
  put_symbol(out, func, ip);
}

void FunctionNames::put_symbol(Buffer& out, uint32_t func, uint64_t ip) const {
  const size_t start = out.size();
  Symbol symbol;
  if (ip != 0 && symbols_ != nullptr && symbols_->find(ip, symbol)) {
    put_function(out, symbol.name, symbol.module);
  } else if (ip != 0) {
    out.put("0x");
    out.put_number(ip, 16);
  } else {  // an index that we never gave out
    out.put('#');
    out.put_number(func);
  }
  out.pad_to(start, kWidth);
  out.put('\t');
}

}  // namespace socketrace
