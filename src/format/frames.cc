// SPDX-License-Identifier: BSD-2-Clause
#include "format/frames.h"

#include <cstring>
#include <string_view>

#include "base/escape.h"
#include "format/function_names.h"

namespace socketrace {
namespace {

// "tcp_sendmsg+0x4", "nf_hook_slow+0x3d [nf_conntrack]", "0xffffffff81000000"
uint64_t put_frame(Buffer& out, const SymbolTable* symbols, uint64_t address, bool is_return) {
  Symbol symbol;
  const uint64_t within = is_return ? address - 1 : address;
  if (symbols == nullptr || !symbols->find(within, symbol)) {
    out.put("0x");
    out.put_number(address, 16);
    return 0;
  }
  put_escaped(out, symbol.name, Spaces::escape);
  out.put("+0x");
  out.put_number(address - symbol.address, 16);
  if (!symbol.module.empty()) {
    out.put(" [");
    put_escaped(out, symbol.module, Spaces::escape);
    out.put(']');
  }
  return symbol.address;
}

}  // namespace

Frames::Frames(const SymbolTable* symbols) : symbols_(symbols), slots_(kSlots), scratch_(512) {}

const Frames::Slot& Frames::slot_of(uint64_t address, bool is_return) {
  constexpr int kIndexBits = 13;
  static_assert(size_t{1} << kIndexBits == kSlots);
  // Fibonacci hashing: frames of one function differ in the low bits, functions in the high ones.
  Slot& slot = slots_[address * 0x9E3779B97F4A7C15u >> (64 - kIndexBits)];
  if (slot.address == address && slot.is_return == is_return) return slot;
  scratch_.clear();
  slot.symbol = put_frame(scratch_, symbols_, address, is_return);
  slot.address = address;
  slot.is_return = is_return;
  const std::string_view text = scratch_.view();
  slot.length = text.size() <= sizeof(slot.text) ? static_cast<uint8_t>(text.size()) : 0;
  std::memcpy(slot.text, text.data(), slot.length);
  return slot;
}

bool Frames::is_in(const Slot& slot, const Target& function) const {
  // By address where it is known: the name of the frame may be an alias of the traced one.
  if (function.address != 0 && function.address == slot.symbol) return true;
  Symbol symbol;
  return symbols_ != nullptr && symbols_->find(slot.address, symbol) &&
         symbol.name == function.name && symbol.module == function.module;
}

void Frames::put(Buffer& out, std::span<const uint64_t> frames, const Target* traced) {
  bool first = true;
  for (const uint64_t address : frames) {
    if (address == 0) continue;
    bool is_return = !first;
    if (first && traced != nullptr) {
      const Slot& innermost = slot_of(address, false);
      if (innermost.symbol != 0 && !is_in(innermost, *traced)) {
        out.put("\n\t");
        put_function(out, traced->name, traced->module);
        is_return = true;
      }
    }
    first = false;
    out.put("\n\t");
    const Slot& slot = slot_of(address, is_return);
    if (slot.length != 0) {
      out.put({slot.text, slot.length});
    } else {
      put_frame(out, symbols_, address, is_return);
    }
  }
  if (first) out.put("\n\t(stack not taken)");
}

}  // namespace socketrace
