// SPDX-License-Identifier: BSD-2-Clause
#include "events/ring_reader.h"

#include <doctest/doctest.h>
#include <linux/bpf.h>

#include <cstring>
#include <string>
#include <vector>

namespace socketrace {
namespace {

// Writes as the kernel does, at positions that only grow.
struct ToyRing {
  explicit ToyRing(size_t size) : data(size) {}

  // Position of the record's header.
  uint64_t put(const std::string& text, uint32_t flags = 0) {
    const uint64_t at = producer;
    word(at, static_cast<uint32_t>(text.size()) | flags);
    for (size_t i = 0; i < text.size(); ++i) byte(at + 8 + i) = static_cast<std::byte>(text[i]);
    producer += (text.size() + 8 + 7) / 8 * 8;
    return at;
  }
  void word(uint64_t at, uint32_t value) {
    std::memcpy(data.data() + at % data.size(), &value, sizeof value);
  }
  std::byte& byte(uint64_t at) { return data[at % data.size()]; }

  alignas(8) uint64_t consumer = 0;
  uint64_t producer = 0;
  std::vector<std::byte> data;
};

struct Reading {
  explicit Reading(ToyRing& ring) : reader(ring.consumer, ring.producer, ring.data) {}

  std::vector<std::string> all(size_t most = SIZE_MAX) {
    std::vector<std::string> texts;
    const auto taken = reader.consume([&](std::span<const std::byte> record) {
      texts.emplace_back(reinterpret_cast<const char*>(record.data()), record.size());
      return texts.size() < most;
    });
    REQUIRE(taken);
    CHECK(*taken == texts.size());
    return texts;
  }
  RingReader reader;
};

using Texts = std::vector<std::string>;

TEST_CASE("ring reader: records in order, space given back") {
  ToyRing ring(4096);
  Reading reading(ring);
  CHECK(reading.all().empty());
  ring.put("one");
  ring.put("");
  ring.put("three words long");
  CHECK(reading.all() == Texts{"one", "", "three words long"});
  CHECK(ring.consumer == ring.producer);
  CHECK(reading.all().empty());
}

TEST_CASE("ring reader: discarded records are passed over") {
  ToyRing ring(4096);
  Reading reading(ring);
  ring.put("a");
  ring.put("gone", BPF_RINGBUF_DISCARD_BIT);
  ring.put("b");
  CHECK(reading.all() == Texts{"a", "b"});
  CHECK(ring.consumer == ring.producer);
}

TEST_CASE("ring reader: ends before a record that is still being written") {
  ToyRing ring(4096);
  Reading reading(ring);
  ring.put("a");
  const uint64_t busy = ring.put("later", BPF_RINGBUF_BUSY_BIT);
  ring.put("b");
  CHECK(reading.all() == Texts{"a"});
  CHECK(ring.consumer == busy);
  ring.word(busy, 5);
  CHECK(reading.all() == Texts{"later", "b"});
}

TEST_CASE("ring reader: stops when told, and goes on there") {
  ToyRing ring(4096);
  Reading reading(ring);
  for (const char* text : {"a", "b", "c"}) ring.put(text);
  CHECK(reading.all(2) == Texts{"a", "b"});
  CHECK(ring.consumer == 32);
  CHECK(reading.all() == Texts{"c"});
}

TEST_CASE("ring reader: a record that breaks at the end of the data is whole") {
  ToyRing ring(64);
  Reading reading(ring);
  const std::string text = "0123456789abcdefghijklmnopqrstu";
  for (int turn = 0; turn < 50; ++turn) {
    ring.put(text.substr(0, static_cast<size_t>(turn) % text.size()));
    CHECK(reading.all() == Texts{text.substr(0, static_cast<size_t>(turn) % text.size())});
  }
  CHECK(ring.consumer == ring.producer);
}

TEST_CASE("ring reader: an impossible length is an error, not a read beyond") {
  ToyRing ring(4096);
  Reading reading(ring);
  ring.put("a");
  ring.word(ring.put("b"), 5000);
  const auto taken = reading.reader.consume([](std::span<const std::byte>) { return true; });
  REQUIRE(!taken);
  CHECK(taken.error().text().find("longer") != std::string::npos);
}

TEST_CASE("ring reader: what arrives while reading is read in the same call") {
  ToyRing ring(4096);
  RingReader reader(ring.consumer, ring.producer, ring.data);
  ring.put("a");
  int seen = 0;
  const auto taken = reader.consume([&](std::span<const std::byte>) {
    if (++seen < 5) ring.put("more");
    return true;
  });
  REQUIRE(taken);
  CHECK(*taken == 5);
}

}  // namespace
}  // namespace socketrace
