// SPDX-License-Identifier: BSD-2-Clause
// The names we look for in the kernel's long lists: a hash of ours, not of theirs.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace socketrace {

class WantedNames {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  explicit WantedNames(size_t expected) {
    size_t slots = 16;
    while (slots < expected * 4) slots *= 2;
    slots_.resize(slots, {0, kNone});
    entries_.reserve(expected);
  }

  // Numbers from 0 in order of adding. Both texts are borrowed.
  uint32_t add(std::string_view name, std::string_view module) {
    const auto number = static_cast<uint32_t>(entries_.size());
    entries_.push_back({name, module});
    const uint64_t hash = hash_of(name);
    size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != kNone) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {static_cast<uint32_t>(hash >> 32), number};
    return number;
  }

  // kNone when nobody wants it.
  uint32_t find(std::string_view name, std::string_view module) const {
    const uint64_t hash = hash_of(name);
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = hash & (slots_.size() - 1); slots_[at].number != kNone;
         at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag != tag) continue;
      const Entry& entry = entries_[slots_[at].number];
      if (entry.name == name && entry.module == module) return slots_[at].number;
    }
    return kNone;
  }

 private:
  struct Slot {
    uint32_t tag;
    uint32_t number;
  };
  struct Entry {
    std::string_view name, module;
  };

  // First and last eight bytes and the length: two kernel names that agree in these are rare, and
  // 200 000 names pass by.
  static uint64_t hash_of(std::string_view name) {
    uint64_t head = 0;
    uint64_t tail = 0;
    const size_t part = name.size() < 8 ? name.size() : 8;
    std::memcpy(&head, name.data(), part);
    std::memcpy(&tail, name.data() + name.size() - part, part);
    uint64_t hash = (head ^ (tail << 29 | tail >> 35) ^ name.size()) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
    return hash * 0xd6e8feb86659fd93U;
  }

  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
};

}  // namespace socketrace
