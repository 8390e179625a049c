// SPDX-License-Identifier: BSD-2-Clause
#include "events/messages.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace socketrace;
using Taken = Messages::Taken;

namespace {

// A record as it lies in the ring: aligned, and as long as its size class.
struct Record {
  alignas(8) std::byte bytes[sizeof(st_piece) + ST_PIECE_MEDIUM] = {};

  std::span<const std::byte> span() const { return bytes; }
  st_piece& piece() { return *reinterpret_cast<st_piece*>(bytes); }
  st_message& message() { return *reinterpret_cast<st_message*>(bytes); }
};

Record data(uint64_t thread, uint64_t time, uint32_t offset, const std::string& text) {
  Record record;
  record.piece() = {static_cast<uint32_t>(sizeof(st_piece) + text.size()),
                    ST_PIECE_DATA,
                    thread,
                    time,
                    offset,
                    0};
  std::memcpy(record.bytes + sizeof(st_piece), text.data(), text.size());
  return record;
}

Record end(uint64_t thread, uint64_t time, uint32_t captured) {
  Record record;
  record.message().head = {sizeof(st_message), ST_PIECE_MESSAGE, thread, time, 0, 0};
  record.message().captured = captured;
  return record;
}

std::string text_of(const Message& message) {
  return {reinterpret_cast<const char*>(message.payload.data()), message.payload.size()};
}

}  // namespace

TEST_CASE("pieces of two threads become two messages") {
  Messages messages;
  Message message;
  const Record a1 = data(1, 10, 0, "hello ");
  const Record b1 = data(2, 11, 0, "other");
  const Record a2 = data(1, 10, 6, "world");
  const Record b = end(2, 11, 5);
  const Record a = end(1, 10, 11);
  CHECK(messages.take(a1.span(), message) == Taken::piece);
  CHECK(messages.take(b1.span(), message) == Taken::piece);
  CHECK(messages.take(a2.span(), message) == Taken::piece);
  REQUIRE(messages.take(b.span(), message) == Taken::message);
  CHECK(text_of(message) == "other");
  REQUIRE(messages.take(a.span(), message) == Taken::message);
  CHECK(text_of(message) == "hello world");
  CHECK(message.head->head.time_ns == 10);
}

TEST_CASE("a closing is no message") {
  Messages messages;
  Message message;
  Record record;
  auto& closing = *reinterpret_cast<st_closing*>(record.bytes);
  closing = {{sizeof(st_closing), ST_PIECE_CLOSING, 1, 10, 0, 0}, 4711};
  REQUIRE(messages.take(record.span(), message) == Taken::closing);
  CHECK(message.closing->sock == 4711);
  CHECK(message.head == nullptr);
  closing.head.length -= 8;
  CHECK(messages.take(record.span(), message) == Taken::malformed);
}

TEST_CASE("an empty message has no pieces") {
  Messages messages;
  Message message;
  const Record record = end(1, 10, 0);
  REQUIRE(messages.take(record.span(), message) == Taken::message);
  CHECK(message.payload.empty());
}

TEST_CASE("what was lost of a thread does not get into its next message") {
  Messages messages;
  Message message;
  const Record lost = data(1, 10, 0, "lost");
  const Record next = data(1, 20, 0, "next");
  const Record whole = end(1, 20, 4);
  messages.take(lost.span(), message);
  messages.take(next.span(), message);
  REQUIRE(messages.take(whole.span(), message) == Taken::message);
  CHECK(text_of(message) == "next");
  messages.take(lost.span(), message);
  const Record empty = end(1, 30, 0);
  REQUIRE(messages.take(empty.span(), message) == Taken::message);
  CHECK(message.payload.empty());
}

TEST_CASE("a message that is not whole is malformed, not shown") {
  Messages messages;
  Message message;
  const Record first = data(1, 10, 0, "abc");
  const Record third = data(1, 10, 5, "fgh");
  const Record whole = end(1, 10, 8);
  messages.take(first.span(), message);
  messages.take(third.span(), message);
  CHECK(messages.take(whole.span(), message) == Taken::malformed);
  CHECK(messages.take(whole.span(), message) == Taken::malformed);  // and nothing is left of it
}

TEST_CASE("bytes that are no record") {
  Messages messages;
  Message message;
  Record record = data(1, 10, 0, "abc");
  CHECK(messages.take(record.span().first(31), message) == Taken::malformed);
  CHECK(messages.take(record.span().first(34), message) == Taken::malformed);  // longer than it is
  CHECK(messages.take(record.span().subspan(4), message) == Taken::malformed);
  record.piece().length = 31;
  CHECK(messages.take(record.span(), message) == Taken::malformed);
  record = data(1, 10, ST_DUMP_MAX_BYTES, "abc");
  CHECK(messages.take(record.span(), message) == Taken::malformed);
  record.piece().kind = 3;
  CHECK(messages.take(record.span(), message) == Taken::malformed);
  record = end(1, 10, 0);
  record.message().local_len = ST_UNIX_NAME_LEN + 1;
  CHECK(messages.take(record.span(), message) == Taken::malformed);
  record = end(1, 10, 0);
  record.piece().length -= 8;
  CHECK(messages.take(record.span(), message) == Taken::malformed);
}

TEST_CASE("threads that never end their messages are forgotten, oldest first") {
  Messages messages;
  Message message;
  for (uint64_t thread = 1; thread <= 300; ++thread) {
    const Record record = data(thread, thread, 0, "x");
    CHECK(messages.take(record.span(), message) == Taken::piece);
  }
  const Record last = end(300, 300, 1);
  CHECK(messages.take(last.span(), message) == Taken::message);
  const Record first = end(1, 1, 1);
  CHECK(messages.take(first.span(), message) == Taken::malformed);
}
