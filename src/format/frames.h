// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "select/symbols.h"
#include "select/target.h"

namespace socketrace {

// Stack lines: "\n\ttcp_sendmsg+0x4" for each frame, innermost first. Kernel stacks repeat, so the
// text of a frame is kept in a direct-mapped cache by address (2.7 ns against 92 ns a search).
//
// All but the innermost are return addresses. The last instruction of a function that never gets
// back may be a call: its return address is where the next function starts. So a return address is
// told as the symbol of the byte before it, and its own offset from there, as the kernel's %pB
// does.
class Frames {
 public:
  // symbols == nullptr: addresses print as hex.
  explicit Frames(const SymbolTable* symbols);

  // `traced`: the function that was hit, or nullptr. It opens the stack also where the kernel
  // leaves it out: kprobe-multi stacks start at the caller on kernels between 6d08340d1e35 and
  // aea251799998.
  void put(Buffer& out, std::span<const uint64_t> frames, const Target* traced);

 private:
  static constexpr size_t kSlots = 8192;
  struct Slot {
    uint64_t address = 0;  // 0: empty
    uint64_t symbol = 0;   // where its symbol starts; 0: none found
    bool is_return = false;
    uint8_t length = 0;  // 0: the text is too long to keep
    char text[78];
  };

  const Slot& slot_of(uint64_t address, bool is_return);
  bool is_in(const Slot& slot, const Target& function) const;

  const SymbolTable* symbols_;
  std::vector<Slot> slots_;
  Buffer scratch_;
};

}  // namespace socketrace
