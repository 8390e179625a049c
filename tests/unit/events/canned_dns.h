// SPDX-License-Identifier: BSD-2-Clause
// DNS messages, right ones and wrong ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/dns.h"

namespace socketrace {

struct CannedDns {
  static constexpr uint16_t kPointToQuestion = 0xc00c;
  std::vector<uint8_t> bytes;

  explicit CannedDns(std::string_view question, uint16_t flags = 0x8180, uint16_t type = 1) {
    word(0x1234).word(flags).word(1).word(0).word(0).word(0);
    name(question).word(type).word(1);
  }

  CannedDns& byte(unsigned value) {
    bytes.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  CannedDns& word(unsigned value) { return byte(value >> 8 & 0xff).byte(value & 0xff); }
  // "www.example" as labels; an empty one ends it.
  CannedDns& name(std::string_view text) {
    while (!text.empty()) {
      const std::string_view label = text.substr(0, text.find('.'));
      byte(static_cast<unsigned>(label.size()));
      bytes.insert(bytes.end(), label.begin(), label.end());
      text.remove_prefix(std::min(text.size(), label.size() + 1));
    }
    return byte(0);
  }
  // Type to data; the owner has been written.
  CannedDns& rest(uint16_t type, const std::vector<uint8_t>& data, uint16_t of_class = 1) {
    word(type).word(of_class).word(0).word(60).word(static_cast<unsigned>(data.size()));
    for (const uint8_t one : data) bytes.push_back(one);  // g++ 14 sees an overflow in insert()
    ++bytes[7];
    return *this;
  }
  CannedDns& a(const std::vector<uint8_t>& data) { return word(kPointToQuestion).rest(1, data); }
  CannedDns& aaaa(const std::vector<uint8_t>& data) {
    return word(kPointToQuestion).rest(28, data);
  }
  CannedDns& cname(std::string_view owner, std::string_view target) {
    CannedDns labels("");
    labels.bytes.clear();
    labels.name(target);
    return name(owner).rest(5, labels.bytes);
  }
};

inline InternetAddress ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

}  // namespace socketrace
