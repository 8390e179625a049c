// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

using namespace socketrace;

namespace {

constexpr size_t kBase = sizeof(st_event);
constexpr size_t kWithEnds = kBase + sizeof(st_more);
constexpr size_t kWithDetails = kWithEnds + sizeof(st_details);
constexpr size_t kWithUnix = kWithDetails + sizeof(st_unix);
constexpr unsigned kEnds = ST_SECTION_ENDS;
constexpr unsigned kDetails = ST_SECTION_DETAILS;
constexpr unsigned kUnix = ST_SECTION_UNIX;
constexpr unsigned kStack = ST_SECTION_STACK;

// A copy of exactly `size` bytes on the heap, 8-byte aligned: a sanitizer sees every read behind
// it.
struct Bytes {
  explicit Bytes(const st_record& record, size_t size)
      : size(size), memory(new std::byte[size == 0 ? 1 : size]) {
    std::memcpy(memory.get(), &record, size);
  }
  std::span<const std::byte> span() const { return {memory.get(), size}; }
  size_t size;
  std::unique_ptr<std::byte[]> memory;
};

st_record record_of(size_t length, unsigned sections) {
  st_record record = {};
  record.event.length = static_cast<uint32_t>(length);
  record.event.sections = static_cast<uint16_t>(sections);
  record.event.family = AF_INET;
  for (size_t i = 0; i < ST_MAX_FRAMES; ++i) record.frames[i] = 0xffffffff81000000u + i;
  return record;
}

bool decodes(const st_record& record, size_t size) {
  const Bytes bytes(record, size);
  Hit hit;
  return decode(bytes.span(), hit);
}

bool decodes(size_t length, unsigned sections) {
  return decodes(record_of(length, sections), length);
}

}  // namespace

TEST_CASE("decode: the parts that sections names, and no other") {
  const st_record record = record_of(kWithUnix + size_t{3} * 8, kDetails | kUnix | kStack);
  const Bytes bytes(record, record.event.length);
  Hit hit;
  REQUIRE(decode(bytes.span(), hit));
  const std::byte* start = bytes.span().data();
  CHECK(reinterpret_cast<const std::byte*>(hit.event) == start);
  CHECK(reinterpret_cast<const std::byte*>(hit.details) == start + kWithEnds);
  CHECK(reinterpret_cast<const std::byte*>(hit.unix_names) == start + kWithDetails);
  REQUIRE(hit.frames.size() == 3);
  CHECK(hit.frames[2] == 0xffffffff81000002u);

  const st_record plain = record_of(kWithUnix, 0);
  const Bytes plain_bytes(plain, kWithUnix);
  REQUIRE(decode(plain_bytes.span(), hit));
  CHECK(hit.more == nullptr);
  CHECK(hit.details == nullptr);
  CHECK(hit.unix_names == nullptr);
  CHECK(hit.frames.empty());
}

TEST_CASE("decode: sections need their bytes") {
  CHECK(decodes(kBase, 0));
  CHECK(decodes(kWithEnds, kEnds));
  CHECK(decodes(kWithDetails, kDetails | kEnds));
  CHECK_FALSE(decodes(kBase, kEnds));
  CHECK_FALSE(decodes(kWithEnds, kDetails));
  CHECK(decodes(kWithDetails, kDetails));
  CHECK(decodes(kWithUnix, kUnix));
  CHECK(decodes(kWithUnix, kStack));  // no frame was found
  CHECK(decodes(kWithUnix + size_t{8} * ST_MAX_FRAMES, kStack));
  CHECK_FALSE(decodes(kBase, kDetails));
  CHECK_FALSE(decodes(kWithDetails, kUnix));
  CHECK_FALSE(decodes(kWithDetails, kStack));
  CHECK_FALSE(decodes(kWithUnix + 8, 0));  // frames that nobody announced
  CHECK_FALSE(decodes(kWithUnix + 8, kDetails | kUnix));
  CHECK_FALSE(decodes(kWithUnix + 4, kStack));
}

TEST_CASE("decode: unknown sections, lengths beyond the bytes or the contract") {
  for (unsigned bit = 4; bit < 16; ++bit) CHECK_FALSE(decodes(kWithUnix, 1u << bit));
  CHECK(decodes(record_of(kBase, 0), kWithUnix));  // a reservation of fixed size
  CHECK_FALSE(decodes(record_of(kWithDetails, kDetails), kBase));
  CHECK_FALSE(decodes(record_of(0, 0), kBase));
  CHECK_FALSE(decodes(record_of(0xffffffffu, kStack), sizeof(st_record)));
  // One frame more than the contract has, and the bytes for it.
  std::vector<st_record> two(2, record_of(sizeof(st_record) + 8, kStack));
  Hit hit;
  CHECK_FALSE(decode(std::as_bytes(std::span(two)), hit));
}

TEST_CASE("decode: names longer than their arrays") {
  st_record record = record_of(kWithUnix, kUnix);
  record.unix_names.local_len = record.unix_names.peer_len = ST_UNIX_NAME_LEN;
  CHECK(decodes(record, kWithUnix));
  record.unix_names.peer_len = ST_UNIX_NAME_LEN + 1;
  CHECK_FALSE(decodes(record, kWithUnix));
  record.unix_names.peer_len = 0;
  record.unix_names.local_len = 0xffff;
  CHECK_FALSE(decodes(record, kWithUnix));
}

TEST_CASE("decode: bytes that are not aligned are no record of the ring") {
  const Bytes bytes(record_of(kBase, 0), kWithUnix);
  Hit hit;
  CHECK(decode(bytes.span(), hit));
  CHECK_FALSE(decode(bytes.span().subspan(4), hit));
}

TEST_CASE("decode: a record cut at any length") {
  const st_record whole = record_of(kWithUnix + size_t{5} * 8, kDetails | kUnix | kStack);
  for (size_t size = 0; size <= whole.event.length; ++size) {
    CAPTURE(size);
    CHECK(decodes(whole, size) == (size == whole.event.length));
  }
}

TEST_CASE("decode: whatever the header says, the view lies within the bytes") {
  std::mt19937 random(20);
  size_t accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    st_record record;
    std::memset(&record, 0, sizeof(record));
    // Lengths and sections near the valid ones, so that a part of them passes.
    record.event.length = static_cast<uint32_t>(kBase + 8 * (random() % 160));
    record.event.sections = static_cast<uint16_t>(random() % 9);
    record.unix_names.local_len = static_cast<uint16_t>(random() % 115);
    const size_t size = 8 * (random() % (sizeof(st_record) / 8 + 1));
    const std::span<const std::byte> bytes = std::as_bytes(std::span(&record, 1)).subspan(0, size);
    Hit hit;
    if (!decode(bytes, hit)) {
      REQUIRE(hit.event == nullptr);
      continue;
    }
    ++accepted;
    REQUIRE(hit.event->length <= size);
    if (hit.unix_names != nullptr) REQUIRE(hit.unix_names->local_len <= ST_UNIX_NAME_LEN);
    if (!hit.frames.empty()) {
      REQUIRE(std::as_bytes(hit.frames).data() + hit.frames.size_bytes() ==
              bytes.data() + hit.event->length);
    }
  }
  CHECK(accepted > 1000);
}
