// SPDX-License-Identifier: BSD-2-Clause
// Bytes on their way out. Capacity is reserved once; appending within it never allocates.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/decimal.h"

namespace socketrace {

class Buffer {
 public:
  explicit Buffer(size_t capacity) : bytes_(new char[capacity]), capacity_(capacity) {}

  size_t size() const { return size_; }
  size_t room() const { return capacity_ - size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }
  void shrink_to(size_t size) { size_ = size < size_ ? size : size_; }
  // Removes the first `count` bytes (a short write took them).
  void drop_front(size_t count) {
    if (count > size_) count = size_;
    std::memmove(bytes_.get(), bytes_.get() + count, size_ - count);
    size_ -= count;
  }

  void put(char c) {
    if (room() == 0) grow(1);
    bytes_[size_++] = c;
  }
  void put(std::string_view text) {
    if (text.empty()) return;  // its data() may be null
    std::memcpy(reserve(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void put_repeated(char c, size_t count) {
    std::memset(reserve(count), c, count);
    size_ += count;
  }
  void put_number(std::integral auto value, int base = 10) {
    if (base == 10) {
      put_decimal(value);
      return;
    }
    // 64 binary digits, a sign: always enough, so that to_chars cannot fail.
    char* start = reserve(66);
    commit(std::to_chars(start, start + 66, value, base).ptr);
  }
  // Spaces up to column `width`, counted from position `start`; at least none.
  void pad_to(size_t start, size_t width) {
    // A store of fixed size, of which only `missing` bytes count, saves the call of memset.
    constexpr size_t kStore = 32;
    const size_t used = size_ - start;
    if (used >= width) return;
    const size_t missing = width - used;
    if (missing > kStore) return put_repeated(' ', missing);
    std::memset(reserve(kStore), ' ', kStore);
    size_ += missing;
  }

  // For a writer that knows a bound: space for `count` bytes, then commit where it ended.
  char* reserve(size_t count) {
    if (room() < count) grow(count);
    return bytes_.get() + size_;
  }
  void commit(const char* end) { size_ = static_cast<size_t>(end - bytes_.get()); }

 private:
  // std::to_chars takes twice the instructions: it counts the digits in a loop.
  void put_decimal(std::integral auto value) {
    uint64_t rest = static_cast<uint64_t>(value);
    if constexpr (std::signed_integral<decltype(value)>) {
      if (value < 0) {
        put('-');
        rest = 0 - rest;
      }
    }
    commit(decimal::write(reserve(decimal::kMaxDigits), rest));
  }

  // Out of line: the common case must stay small enough to inline.
  [[gnu::noinline]] void grow(size_t more) {
    const size_t wanted = capacity_ * 2 > size_ + more ? capacity_ * 2 : size_ + more;
    std::unique_ptr<char[]> bigger(new char[wanted]);
    if (size_ != 0) std::memcpy(bigger.get(), bytes_.get(), size_);
    bytes_ = std::move(bigger);
    capacity_ = wanted;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_;
};

}  // namespace socketrace
