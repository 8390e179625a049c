// SPDX-License-Identifier: BSD-2-Clause
// A record of the ring, as any bytes: decode gives it or refuses it, and a hit is one line and its
// stack lines, without a control byte.
//   input: 4 bytes of options, 8 of the clocks' offset, then the record
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/decode.h"
#include "format/line.h"
#include "property.h"

using namespace socketrace;

namespace {

constexpr size_t kOptions = 12;

std::vector<Target> targets() {
  std::vector<Target> targets(3);
  targets[0].name = "tcp_sendmsg";
  targets[0].address = 0xffffffff81a02b30;
  targets[1].name = "nf_nat_inet_fn";
  targets[1].module = "nf_nat";
  targets[2].name = "a_name\x1b[31m of\nforeign bytes";
  targets[2].address = ~uint64_t{0};
  return targets;
}

// Lengths and sections that fit each other, as one in a billion of random bytes has them.
void repair(st_record& record, size_t room) {
  constexpr unsigned kAll =
      ST_SECTION_ENDS | ST_SECTION_DETAILS | ST_SECTION_UNIX | ST_SECTION_STACK;
  st_event& event = record.event;
  event.sections &= kAll;
  size_t length = std::max(room, sizeof(st_event));
  if (length < offsetof(st_record, details)) {
    event.sections = 0;
    length = offsetof(st_record, more);
  } else if (length < offsetof(st_record, unix_names)) {
    event.sections &= ST_SECTION_ENDS;
    length = offsetof(st_record, details);
  } else if (length < offsetof(st_record, frames)) {
    event.sections &= ST_SECTION_ENDS | ST_SECTION_DETAILS;
    length = offsetof(st_record, unix_names);
  } else {
    event.sections |= ST_SECTION_STACK;
    length -= length % sizeof(uint64_t);
  }
  event.length = static_cast<uint32_t>(length);
  record.unix_names.local_len %= ST_UNIX_NAME_LEN + 1;
  record.unix_names.peer_len %= ST_UNIX_NAME_LEN + 1;
}

void check_text(std::string_view text, bool stack, const Hit& hit) {
  MUST(!text.empty() && text.back() == '\n');
  size_t lines = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++lines;
    MUST(!line.empty() && (line[0] == '\t') == (lines > 1));
    std::string without_tabs(line.substr(lines > 1 ? 1 : 0));
    // The one that ends the FUNC column.
    if (lines == 1) MUST(std::erase(without_tabs, '\t') == 1);
    MUST(is_printable(without_tabs));
    MUST(lines > 1 || line.find(" netns=") != std::string_view::npos);
  }
  // Each frame is a line, and perhaps the traced function opens them; without any, one says so.
  MUST((lines > 1) == stack);
  MUST(lines <= hit.frames.size() + 2);
}

// The second time from caches, to the same text.
void check_twice(LineFormat& format, const Hit& hit, bool stack) {
  Buffer out(16);
  format.put_hit(out, hit);
  const std::string first(out.view());
  check_text(first, stack, hit);
  out.clear();
  format.put_hit(out, hit);
  MUST(out.view() == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Target> kTargets = targets();
  static const SymbolTable kSymbols = SymbolTable::parse(
      "ffffffff81a02b30 T tcp_sendmsg\n"
      "ffffffff81a02b80 t a\x1b[1mnasty name\n"
      "ffffffffc0412000 t vsock_poll\t[vso\x7f ck]\n");
  if (size < kOptions) return 0;
  const std::array<uint8_t, 4> options = {data[0], data[1], data[2], data[3]};
  int64_t offset = 0;
  std::memcpy(&offset, data + 4, sizeof(offset));
  data += kOptions;
  size -= kOptions;

  // Exactly as many bytes as there are, so that the sanitizer sees every read behind them.
  const size_t room = std::min(size, 2 * sizeof(st_record));
  const std::unique_ptr<std::byte[]> bytes(new std::byte[std::max(room, size_t{1})]);
  if ((options[0] & 1) != 0) {
    st_record record = {};
    const size_t copied = std::min(room, sizeof(record));
    std::memcpy(&record, data, copied);
    if (copied >= sizeof(st_event)) repair(record, copied);
    std::memcpy(bytes.get(), &record, copied);
    if (room > copied) std::memset(bytes.get() + copied, 0xff, room - copied);
  } else if (room != 0) {
    std::memcpy(bytes.get(), data, room);
  }

  Hit hit;
  if (!decode({bytes.get(), room}, hit)) {
    MUST(hit.event == nullptr && hit.frames.empty());
    return 0;
  }
  const View view{.sock_common = (options[1] & 1) != 0,
                  .sock_info = (options[1] & 2) != 0,
                  .socket_info = (options[1] & 4) != 0,
                  .timestamp = static_cast<TimestampStyle>(options[2] % 4)};
  LineFormat plain(view, kTargets, nullptr, offset);
  check_twice(plain, hit, false);
  if ((options[1] & 8) == 0) return 0;
  // With the same caches for all inputs: a hit must not show what another one left there.
  static LineFormat addresses({.stack = true}, kTargets, nullptr, 0);
  static LineFormat names({.stack = true}, kTargets, &kSymbols, 0);
  check_twice((options[1] & 16) != 0 ? names : addresses, hit, true);
  return 0;
}
