// SPDX-License-Identifier: BSD-2-Clause
#include "events/dns.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "canned_dns.h"

using namespace socketrace;

namespace {

// From memory that ends where the message does, so that a sanitizer sees every read behind it.
DnsVerdict parse(const CannedDns& message, DnsAnswer& answer, bool cut = false) {
  const auto exact = std::make_unique<uint8_t[]>(message.bytes.size());
  std::copy(message.bytes.begin(), message.bytes.end(), exact.get());
  const DnsVerdict verdict = parse_dns({exact.get(), message.bytes.size()}, cut, answer);
  if (verdict != DnsVerdict::answer) {
    CHECK(answer.name.empty());
    CHECK(answer.addresses.empty());
  }
  return verdict;
}
DnsVerdict verdict_of(const CannedDns& message, bool cut = false) {
  DnsAnswer answer;
  return parse(message, answer, cut);
}

}  // namespace

TEST_CASE("dns: addresses of both kinds, by the name that was asked for") {
  const std::vector<uint8_t> six{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  DnsAnswer answer;
  REQUIRE(parse(CannedDns("WwW.Example.org").a({192, 0, 2, 1}).aaaa(six).a({192, 0, 2, 2}),
                answer) == DnsVerdict::answer);
  CHECK(answer.name == "www.example.org");
  REQUIRE(answer.addresses.size() == 3);
  CHECK(answer.addresses[0] == ipv4(192, 0, 2, 1));
  CHECK(std::equal(six.begin(), six.end(), answer.addresses[1].begin()));
  CHECK(answer.addresses[2] == ipv4(192, 0, 2, 2));
}

TEST_CASE("dns: a name of 255 bytes is whole, a longer one is none") {
  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'y');
  DnsAnswer answer;
  REQUIRE(parse(CannedDns(longest).a({192, 0, 2, 1}), answer) == DnsVerdict::answer);
  CHECK(answer.name == longest);
  CHECK(verdict_of(CannedDns(longest + "y").a({192, 0, 2, 1})) == DnsVerdict::malformed);
}

TEST_CASE("dns: CNAMEs lead from the question to the addresses, in any order") {
  CannedDns message("a.test");
  message.name("c.test").rest(1, {192, 0, 2, 3});
  message.cname("b.test", "c.test").cname("A.TEST", "B.test");
  message.name("other.test").rest(1, {192, 0, 2, 9});
  DnsAnswer answer;
  REQUIRE(parse(message, answer) == DnsVerdict::answer);
  CHECK(answer.name == "a.test");
  REQUIRE(answer.addresses.size() == 1);
  CHECK(answer.addresses[0] == ipv4(192, 0, 2, 3));

  CannedDns circle("a.test");
  circle.cname("a.test", "b.test").cname("b.test", "a.test");
  CHECK(verdict_of(circle) == DnsVerdict::nothing);
}

TEST_CASE("dns: as many answers as a message has room for") {
  CannedDns message("many.test");
  for (unsigned n = 0; n < 70; ++n) message.a({10, 0, 0, static_cast<uint8_t>(n)});
  DnsAnswer answer;
  REQUIRE(parse(message, answer) == DnsVerdict::answer);
  REQUIRE(answer.addresses.size() == 70);
  CHECK(answer.addresses[69] == ipv4(10, 0, 0, 69));
}

TEST_CASE("dns: what is no answer teaches nothing") {
  CHECK(verdict_of(CannedDns("a.test", 0x0100).a({192, 0, 2, 1})) == DnsVerdict::nothing);
  CHECK(verdict_of(CannedDns("a.test", 0x8183).a({192, 0, 2, 1})) == DnsVerdict::nothing);
  CHECK(verdict_of(CannedDns("a.test", 0xa980).a({192, 0, 2, 1})) == DnsVerdict::nothing);
  CHECK(verdict_of(CannedDns("a.test")) == DnsVerdict::nothing);
  CHECK(verdict_of(CannedDns("").a({192, 0, 2, 1})) == DnsVerdict::nothing);
  CannedDns other("a.test");
  other.name("b.test").rest(1, {192, 0, 2, 1});
  other.word(CannedDns::kPointToQuestion).rest(16, {3, 't', 'x', 't'});
  other.word(CannedDns::kPointToQuestion).rest(1, {192, 0, 2, 1}, 3);
  CHECK(verdict_of(other) == DnsVerdict::nothing);
  CannedDns no_question("a.test");
  no_question.bytes.resize(12);
  no_question.bytes[5] = 0;
  CHECK(verdict_of(no_question) == DnsVerdict::nothing);
}

TEST_CASE("dns: pointers lead back, or the message is malformed") {
  const auto pointing = [](unsigned to) {
    CannedDns message("a.test");
    return message.word(0xc000 | to).rest(1, {192, 0, 2, 1});
  };
  const auto owner = static_cast<unsigned>(CannedDns("a.test").bytes.size());
  CHECK(verdict_of(pointing(12)) == DnsVerdict::answer);
  CHECK(verdict_of(pointing(14)) == DnsVerdict::nothing);       // "test"
  CHECK(verdict_of(pointing(owner)) == DnsVerdict::malformed);  // at itself
  CHECK(verdict_of(pointing(owner + 2)) == DnsVerdict::malformed);
  CHECK(verdict_of(pointing(0x3fff)) == DnsVerdict::malformed);
  CHECK(verdict_of(pointing(4)) == DnsVerdict::malformed);  // into the header

  // A label, then back to it: the same label again and again.
  CannedDns circle("a.test");
  circle.byte(1).byte('x').word(0xc000 | owner).rest(1, {192, 0, 2, 1});
  CHECK(verdict_of(circle) == DnsVerdict::malformed);

  // Many that each lead a little further back.
  CannedDns stairs("a.test");
  std::vector<uint8_t> data{0};
  const unsigned first = owner + 2 + 10;
  for (unsigned n = 0; n < 100; ++n) {
    const unsigned to = n == 0 ? first : first + 1 + 2 * (n - 1);
    data.push_back(static_cast<uint8_t>(0xc0 | to >> 8));
    data.push_back(static_cast<uint8_t>(to));
  }
  stairs.word(CannedDns::kPointToQuestion).rest(16, data);
  CannedDns few = stairs;
  few.word(0xc000 | (first + 1 + 2 * 50)).rest(1, {192, 0, 2, 1});
  CHECK(verdict_of(few) == DnsVerdict::nothing);
  stairs.word(0xc000 | (first + 1 + 2 * 99)).rest(1, {192, 0, 2, 1});
  CHECK(verdict_of(stairs) == DnsVerdict::malformed);
}

TEST_CASE("dns: wrong lengths and labels are malformed") {
  CHECK(verdict_of(CannedDns("a.test").a({192, 0, 2})) == DnsVerdict::malformed);
  CHECK(verdict_of(CannedDns("a.test").aaaa({192, 0, 2, 1})) == DnsVerdict::malformed);
  CannedDns label("a.test");
  label.bytes[12] = 0x41;
  CHECK(verdict_of(label.a({192, 0, 2, 1})) == DnsVerdict::malformed);
  CannedDns dot("axb.test");
  dot.bytes[14] = '.';
  CHECK(verdict_of(dot.a({192, 0, 2, 1})) == DnsVerdict::malformed);
  CannedDns questions("a.test");
  questions.bytes[5] = 2;
  CHECK(verdict_of(questions.a({192, 0, 2, 1})) == DnsVerdict::malformed);
  CannedDns longer("a.test");
  longer.word(CannedDns::kPointToQuestion).rest(5, {1, 'b', 0, 0});
  CHECK(verdict_of(longer) == DnsVerdict::malformed);
  CannedDns more("a.test");
  more.a({192, 0, 2, 1});
  more.bytes[7] = 2;
  CHECK(verdict_of(more) == DnsVerdict::malformed);
}

TEST_CASE("dns: a message ends anywhere") {
  CannedDns whole("a.test");
  whole.a({192, 0, 2, 1});
  const size_t one = whole.bytes.size();
  whole.cname("b.test", "c.test").a({192, 0, 2, 2});
  for (size_t size = 0; size < whole.bytes.size(); ++size) {
    CannedDns torn = whole;
    torn.bytes.resize(size);
    CHECK(verdict_of(torn) == DnsVerdict::malformed);
    DnsAnswer answer;
    const DnsVerdict verdict = parse(torn, answer, true);
    if (size >= one) {
      CHECK(verdict == DnsVerdict::answer);
      CHECK(answer.addresses.size() == 1);
    } else {
      CHECK(verdict != DnsVerdict::answer);
    }
  }
}
