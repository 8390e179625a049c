// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode_connect.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace socketrace;

namespace {

constexpr size_t kTextAt = offsetof(st_connect, text);

struct Record {
  st_connect told = {};
  Record(uint16_t exe, uint16_t args, uint16_t host) {
    told.exe_length = exe;
    told.args_length = args;
    told.host_length = host;
    told.event.length = static_cast<uint32_t>(kTextAt + exe + args + host);
    std::memset(told.text, 'e', exe);
    std::memset(told.text + exe, 'a', args);
    std::memset(told.text + exe + args, 'h', host);
  }
  bool decodes(size_t size, Attempt& attempt) const {
    return decode_connect({reinterpret_cast<const std::byte*>(&told), size}, attempt);
  }
};

}  // namespace

TEST_CASE("an attempt's texts follow each other") {
  const Record record(5, 7, 3);
  Attempt attempt;
  REQUIRE(record.decodes(kTextAt + 15, attempt));
  CHECK(attempt.told == &record.told);
  CHECK(attempt.exe == "eeeee");
  CHECK(attempt.args == "aaaaaaa");
  CHECK(attempt.host == "hhh");
  // The kernel rounds a reservation up.
  CHECK(record.decodes(kTextAt + 16, attempt));
}

TEST_CASE("a torn attempt is none") {
  const Record good(5, 7, 3);
  Attempt attempt;
  for (size_t size = 0; size < kTextAt + 15; ++size) {
    CHECK(!good.decodes(size, attempt));
    CHECK(attempt.told == nullptr);
  }
  Record longer(1, 2, 3);
  longer.told.event.length++;
  CHECK(!longer.decodes(sizeof(longer.told), attempt));
  Record beyond(512, 256, 256);
  beyond.told.exe_length = ST_TEXT_LEN;
  beyond.told.event.length = static_cast<uint32_t>(kTextAt + ST_TEXT_LEN + 512);
  CHECK(!beyond.decodes(sizeof(beyond.told), attempt));
  Record address(1, 1, 1);
  address.told.address_taken = ST_SOCKADDR_LEN + 1;
  CHECK(!address.decodes(sizeof(address.told), attempt));
  Record host(0, 0, ST_HOST_LEN);
  CHECK(!host.decodes(sizeof(host.told), attempt));
}
