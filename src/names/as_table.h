// SPDX-License-Identifier: BSD-2-Clause
// Whose network is an address in? IPtoASN's tables (https://iptoasn.com), tab separated:
//   START  END  ASN  COUNTRY  DESCRIPTION
// with addresses as text (IPv4, IPv6) or as decimal numbers (IPv4), plain or through gzip.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/buffer.h"
#include "base/result.h"

namespace socketrace {

__extension__ typedef unsigned __int128 Uint128;

// Ranges that do not overlap any more, sorted.
template <typename Address>
struct AsRange {
  Address first, last;
  uint32_t number;
  uint32_t name;   // where it begins in the table's names
  uint32_t order;  // of all that were given
};

class AsTable {
 public:
  // Adds a file's lines. What is wrong with a line goes to notes(), and the line is skipped; an
  // error when the file cannot be read or has no good line at all.
  Result<void> add_file(const std::string& path);
  // The same of text in memory, whose first line is number `line` + 1 of `origin`; counts on. True:
  // a good line was among them.
  bool add_lines(std::string_view text, const std::string& origin, uint64_t& line);
  // Once, after the last add: ranges may overlap, the narrower and then the later given one wins.
  void finish();

  // "AS36459 (GITHUB)"; nothing when the table does not know, or knows that nobody routes it (0).
  // Bytes in network order; a v4-mapped IPv6 address is looked up as what it carries.
  void put_ipv4(Buffer& out, const uint8_t* bytes) const;
  void put_ipv6(Buffer& out, const uint8_t* bytes) const;

  size_t size() const { return v4_.size() + v6_.size(); }
  // "FILE:LINE: what is wrong", of the first few.
  const std::vector<std::string>& notes() const { return notes_; }
  uint64_t malformed() const { return malformed_; }

 private:
  bool add_line(std::string_view line, const char*& wrong);
  uint32_t keep_name(uint32_t number, std::string_view description);
  void complain(const std::string& origin, uint64_t line, const char* wrong);
  void put(Buffer& out, uint32_t number, uint32_t name) const;

  std::vector<AsRange<uint32_t>> v4_;
  std::vector<AsRange<Uint128>> v6_;
  std::string names_;  // each with a NUL
  std::unordered_map<uint32_t, uint32_t> name_of_;
  std::vector<std::string> notes_;
  uint64_t malformed_ = 0;
};

}  // namespace socketrace
