// SPDX-License-Identifier: BSD-2-Clause
// A record of `connect`, as any bytes: decode gives it or refuses it, and an attempt is one line
// without a control byte, in every style.
//   input: 2 bytes of options, then the record
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "events/decode_connect.h"
#include "format/connect_line.h"
#include "property.h"

using namespace socketrace;

namespace {

constexpr size_t kOptions = 2;
constexpr size_t kTextAt = offsetof(st_connect, text);

// Lengths that fit each other, as one in a billion of random bytes has them.
void repair(st_connect& told, size_t room) {
  size_t left = std::min(room, sizeof(st_connect)) - kTextAt;
  const auto take = [&](uint16_t& length, size_t most) {
    length = static_cast<uint16_t>(std::min({size_t{length}, left, most}));
    left -= length;
  };
  take(told.exe_length, ST_TEXT_LEN);
  take(told.args_length, ST_TEXT_LEN);
  take(told.host_length, ST_HOST_LEN - 1);
  told.address_taken %= ST_SOCKADDR_LEN + 1;
  told.event.length =
      static_cast<uint32_t>(kTextAt + told.exe_length + told.args_length + told.host_length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Users kUsers;
  static const AsTable kNetworks = [] {
    AsTable table;
    uint64_t line = 0;
    table.add_lines("0\t4294967295\t1\tUS\tV4\n::\tffff::\t2\tUS\tV6\n", "f", line);
    table.finish();
    return table;
  }();
  if (size < kOptions) return 0;
  const uint8_t options = data[0];
  const bool mend = (data[1] & 1) != 0;
  data += kOptions;
  size -= kOptions;

  // Exactly as many bytes as there are, so that the sanitizer sees every read behind them.
  const size_t room = std::min(size, 2 * sizeof(st_connect));
  const std::unique_ptr<std::byte[]> bytes(new std::byte[std::max(room, size_t{1})]);
  if (room != 0) std::memcpy(bytes.get(), data, room);
  if (mend && room >= kTextAt) {
    st_connect told = {};
    std::memcpy(&told, data, std::min(room, sizeof(told)));
    repair(told, room);
    std::memcpy(bytes.get(), &told, std::min(room, sizeof(told)));
  }

  Attempt attempt;
  if (!decode_connect({bytes.get(), room}, attempt)) {
    MUST(attempt.told == nullptr && attempt.exe.empty() && attempt.host.empty());
    return 0;
  }
  Connect wanted;
  wanted.args = (options & 1) != 0;
  wanted.host = (options & 2) != 0;
  if ((options & 4) != 0) wanted.style = ConnectStyle::soconnect;
  View view;
  view.timestamp = static_cast<TimestampStyle>((options >> 4) % 4);
  ConnectFormat format(view, wanted, kUsers, (options & 8) != 0 ? &kNetworks : nullptr, 0);
  Buffer out(16);
  format.put_attempt(out, attempt);
  std::string_view line = out.view();
  MUST(line.size() > 40 && line.back() == '\n');
  line.remove_suffix(1);
  MUST(is_printable(line));
  return 0;
}
