// SPDX-License-Identifier: BSD-2-Clause
// An IPtoASN table, as any bytes: every line is a range or is named, and what an address finds does
// not depend on how the file came in or on the form of the address.
//   input: 16 bytes of an address, then the file
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "names/as_table.h"
#include "property.h"

using namespace socketrace;

namespace {

constexpr size_t kAddress = 16;

std::string found(const AsTable& table, const uint8_t* bytes, bool ipv6) {
  Buffer out(64);
  if (ipv6) {
    table.put_ipv6(out, bytes);
  } else {
    table.put_ipv4(out, bytes);
  }
  MUST(is_printable(out.view()));
  MUST(out.view().empty() || out.view().starts_with("AS"));
  return std::string(out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kAddress) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + kAddress, size - kAddress);
  AsTable table;
  uint64_t lines = 0;
  const bool any = table.add_lines(text, "f", lines);
  MUST(any == (table.size() != 0));
  MUST(table.size() + table.malformed() <= lines);
  MUST(lines <= static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  MUST(table.notes().size() <= std::min<uint64_t>(table.malformed(), 10));
  for (const std::string& note : table.notes()) MUST(note.starts_with("f:"));
  table.finish();

  uint8_t address[kAddress];
  std::memcpy(address, data, kAddress);
  found(table, address, true);
  const std::string alone = found(table, address, false);
  // The same table in two pieces is the same table.
  const size_t half = std::min(text.find('\n', text.size() / 2), text.size());
  AsTable pieces;
  uint64_t counted = 0;
  pieces.add_lines(text.substr(0, std::min(half + 1, text.size())), "f", counted);
  pieces.add_lines(text.substr(std::min(half + 1, text.size())), "f", counted);
  pieces.finish();
  MUST(counted == lines && pieces.size() == table.size());
  MUST(found(pieces, address, false) == alone);
  // Carried in IPv6 it is the same address.
  uint8_t mapped[kAddress] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(mapped + 12, address, 4);
  MUST(found(table, mapped, true) == alone);
  return 0;
}
