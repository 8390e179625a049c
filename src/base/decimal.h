// SPDX-License-Identifier: BSD-2-Clause
// Numbers as decimal digits, two at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace socketrace::decimal {

constexpr size_t kMaxDigits = 20;  // of UINT64_MAX

// "00" "01" ... "99"
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

constexpr std::array<uint64_t, kMaxDigits> kPowersOfTen = [] {
  std::array<uint64_t, kMaxDigits> powers{};
  uint64_t power = 1;
  for (uint64_t& one : powers) {
    one = power;
    power *= 10;
  }
  return powers;
}();

// 1233 / 4096 is log10(2): the guess is right or one too few, which the power of ten decides. The
// lowest bit changes no number of digits, powers of ten being even; it makes 0 as long as 1.
constexpr size_t count_digits(uint64_t value) {
  value |= 1;
  const size_t guess = static_cast<size_t>(std::bit_width(value)) * 1233 >> 12;
  return guess + (value >= kPowersOfTen[guess] ? 1 : 0);
}

// Gives the end; `start` has room for kMaxDigits.
inline char* write(char* start, uint64_t value) {
  char* const end = start + count_digits(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &kPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(start, &kPairs[2 * value], 2);
  } else {
    *start = static_cast<char>('0' + value);
  }
  return end;
}

}  // namespace socketrace::decimal
