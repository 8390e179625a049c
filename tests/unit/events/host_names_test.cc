// SPDX-License-Identifier: BSD-2-Clause
#include "events/host_names.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../format/canned_connect.h"
#include "canned_dns.h"

using namespace socketrace;

namespace {

struct Received {
  std::unique_ptr<st_answer> told = std::make_unique<st_answer>();

  Received(uint32_t process, const CannedDns& message, bool prefixed = false) {
    told->event.func = ST_CONNECT_ANSWER;
    told->event.length = sizeof(st_answer);
    told->process = process;
    std::vector<uint8_t> bytes = message.bytes;
    if (prefixed) {
      const auto size = static_cast<uint16_t>(bytes.size());
      bytes.insert(bytes.begin(), {static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
    }
    told->whole = static_cast<uint32_t>(bytes.size());
    told->taken = std::min<uint32_t>(told->whole, ST_ANSWER_LEN);
    std::copy_n(bytes.begin(), told->taken, told->bytes);
  }
  ReceivedAnswer answer() const {
    ReceivedAnswer answer;
    REQUIRE(is_answer(std::as_bytes(std::span(told.get(), 1))));
    REQUIRE(decode_answer(std::as_bytes(std::span(told.get(), 1)), answer));
    return answer;
  }
};

CannedAttempt attempt_of(uint32_t process, const char* ip) {
  CannedAttempt attempt;
  attempt.to(ip, 443).told.process = process;
  return attempt;
}

// "-", "name" or "~name"
std::string host_of(HostNames& names, const CannedAttempt& canned) {
  Attempt attempt = canned.attempt();
  names.name(attempt);
  if (attempt.host.empty()) return "-";
  std::string host(attempt.host_is_foreign ? "~" : "");
  return host.append(attempt.host);
}

}  // namespace

TEST_CASE("a name is its process's, and marked for others") {
  HostNames names;
  names.learn(Received(7, CannedDns("one.test").a({192, 0, 2, 1})).answer());
  CHECK(host_of(names, attempt_of(7, "192.0.2.1")) == "one.test");
  CHECK(host_of(names, attempt_of(7, "::ffff:192.0.2.1")) == "one.test");
  CHECK(host_of(names, attempt_of(8, "192.0.2.1")) == "~one.test");
  CHECK(host_of(names, attempt_of(7, "192.0.2.2")) == "-");
  names.learn(Received(8, CannedDns("two.test").a({192, 0, 2, 1})).answer());
  CHECK(host_of(names, attempt_of(7, "192.0.2.1")) == "one.test");
  CHECK(host_of(names, attempt_of(8, "192.0.2.1")) == "two.test");
  CHECK(host_of(names, attempt_of(9, "192.0.2.1")) == "~two.test");
  names.learn(Received(7, CannedDns("new.test").a({192, 0, 2, 1})).answer());
  CHECK(host_of(names, attempt_of(7, "192.0.2.1")) == "new.test");
  CHECK(names.not_understood() == 0);
}

TEST_CASE("the next process of that number is another one") {
  HostNames names;
  Received received(7, CannedDns("one.test").a({192, 0, 2, 1}));
  received.told->process_start = 1000;
  names.learn(received.answer());
  CannedAttempt attempt = attempt_of(7, "192.0.2.1");
  attempt.told.process_start = 1000;
  CHECK(host_of(names, attempt) == "one.test");
  attempt.told.process_start = 2000;
  CHECK(host_of(names, attempt) == "~one.test");
}

TEST_CASE("what the kernel side knows of the process itself comes first") {
  HostNames names;
  names.learn(Received(7, CannedDns("dns.test").a({192, 0, 2, 1})).answer());
  const auto asked = [](uint32_t process, unsigned flags) {
    return attempt_of(process, "192.0.2.1").ended(0, 1, flags).texts({}, {}, "asked.test");
  };
  CHECK(host_of(names, asked(7, 0)) == "asked.test");
  CHECK(host_of(names, asked(7, ST_CONNECT_HOST_FOREIGN)) == "dns.test");
  CHECK(host_of(names, asked(8, ST_CONNECT_HOST_FOREIGN)) == "~asked.test");
}

TEST_CASE("other families and short addresses have no name") {
  HostNames names;
  names.learn(Received(7, CannedDns("one.test").a({0, 0, 0, 0})).answer());
  CannedAttempt attempt;
  attempt.told.process = 7;
  CHECK(host_of(names, attempt) == "-");
  CHECK(host_of(names, attempt.to_family(AF_UNIX, "/run/x")) == "-");
  CHECK(host_of(names, attempt.to_bytes("\x02")) == "-");
  CHECK(host_of(names, attempt.to_family(AF_INET, std::string_view("\0\0\0\0\0", 5))) == "-");
  CHECK(host_of(names, attempt.to_family(AF_INET, std::string_view("\0\0\0\0\0\0", 6))) ==
        "one.test");
}

TEST_CASE("in a stream the length may come first") {
  HostNames names;
  CannedDns message("tcp.test");
  message.a({192, 0, 2, 1});
  Received prefixed(7, message, true);
  names.learn(prefixed.answer());
  CHECK(host_of(names, attempt_of(7, "192.0.2.1")) == "-");  // not of a stream
  prefixed.told->flags = ST_ANSWER_STREAM;
  names.learn(prefixed.answer());
  CHECK(host_of(names, attempt_of(7, "192.0.2.1")) == "tcp.test");
  Received alone(7, CannedDns("alone.test").a({192, 0, 2, 2}));
  alone.told->flags = ST_ANSWER_STREAM;
  names.learn(alone.answer());
  CHECK(host_of(names, attempt_of(7, "192.0.2.2")) == "alone.test");
  CHECK(names.not_understood() == 0);
}

TEST_CASE("of a long answer the beginning counts, and is told") {
  CannedDns message("long.test");
  for (unsigned n = 0; n < 100; ++n) message.a({10, 0, 0, static_cast<uint8_t>(n)});
  HostNames names;
  names.learn(Received(7, message).answer());
  CHECK(names.cut() == 1);
  CHECK(names.not_understood() == 0);
  CHECK(host_of(names, attempt_of(7, "10.0.0.1")) == "long.test");
  CHECK(host_of(names, attempt_of(7, "10.0.0.74")) == "long.test");  // 26 + 75 * 16 <= 1232
  CHECK(host_of(names, attempt_of(7, "10.0.0.76")) == "-");
}

TEST_CASE("the table is bounded: what nobody looked for goes first") {
  HostNames names(4);  // two addresses, for the process and for all
  names.learn(Received(7, CannedDns("one.test").a({10, 0, 0, 1})).answer());
  names.learn(Received(7, CannedDns("two.test").a({10, 0, 0, 2})).answer());
  CHECK(host_of(names, attempt_of(7, "10.0.0.1")) == "one.test");
  CHECK(host_of(names, attempt_of(8, "10.0.0.1")) == "~one.test");
  names.learn(Received(7, CannedDns("three.test").a({10, 0, 0, 3})).answer());
  CHECK(host_of(names, attempt_of(7, "10.0.0.1")) == "one.test");
  CHECK(host_of(names, attempt_of(7, "10.0.0.2")) == "-");
  CHECK(host_of(names, attempt_of(7, "10.0.0.3")) == "three.test");
}

TEST_CASE("what is not understood is counted") {
  HostNames names;
  CannedDns message("one.test");
  message.a({192, 0, 2, 1});
  message.bytes.pop_back();
  names.learn(Received(7, message).answer());
  CHECK(names.not_understood() == 1);
  CHECK(host_of(names, attempt_of(7, "192.0.2.1")) == "-");
}

TEST_CASE("a torn answer is none") {
  const Received received(7, CannedDns("one.test").a({10, 0, 0, 1}));
  const auto bytes = std::as_bytes(std::span(received.told.get(), 1));
  ReceivedAnswer answer;
  for (const size_t size : {size_t{0}, sizeof(st_event) - 1, sizeof(st_event), bytes.size() - 1}) {
    CHECK(is_answer(bytes.first(size)) == (size >= sizeof(st_event)));
    CHECK(!decode_answer(bytes.first(size), answer));
    CHECK(answer.told == nullptr);
  }
  CHECK(decode_answer(bytes, answer));
  received.told->taken = ST_ANSWER_LEN + 1;
  received.told->whole = ST_ANSWER_LEN + 1;
  CHECK(!decode_answer(bytes, answer));
  received.told->taken = 2;
  received.told->whole = 1;
  CHECK(!decode_answer(bytes, answer));
  received.told->whole = 2;
  CHECK(decode_answer(bytes, answer));
  received.told->event.func = ST_CONNECT_ATTEMPT;
  CHECK(!is_answer(bytes));
  CHECK(!decode_answer(bytes, answer));
}
