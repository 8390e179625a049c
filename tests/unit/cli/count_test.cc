// SPDX-License-Identifier: BSD-2-Clause
#include "cli/count.h"

#include <doctest/doctest.h>

#include "bpf/contract/count.h"
#include "command_line.h"

using namespace socketrace;
using std::chrono::milliseconds;

namespace {

Result<Invocation> parsed(const char* line) {
  return parse_words(words_of(line));
}

}  // namespace

TEST_CASE("what count counts") {
  const auto functions = parsed("count functions --filter-port 22 -i 0.5 -n 3");
  REQUIRE(functions);
  CHECK(functions->command == Command::count);
  CHECK(functions->count.what == Count::What::functions);
  CHECK(functions->count.interval == milliseconds(500));
  CHECK(functions->count.intervals == 3);

  const auto calls = parsed("count calls");
  REQUIRE(calls);
  CHECK(calls->count.what == Count::What::calls);
  CHECK(calls->count.interval == milliseconds(1000));
  CHECK(calls->count.intervals == 0);

  const auto keys = parsed("count --by protocol -i 0 --failed");
  REQUIRE(keys);
  CHECK(keys->count.what == Count::What::keys);
  CHECK(keys->count.by == ST_BY_PROTOCOL);
  CHECK(keys->count.interval == milliseconds(0));
}

TEST_CASE("each key by its word") {
  CHECK(*parse_count_key("family") == ST_BY_FAMILY);
  CHECK(*parse_count_key("protocol") == ST_BY_PROTOCOL);
  CHECK(*parse_count_key("comm") == ST_BY_COMM);
  CHECK(*parse_count_key("pid") == ST_BY_PID);
  CHECK(*parse_count_key("port") == ST_BY_PORT);
  CHECK(*parse_count_key("addr") == ST_BY_ADDR);
  CHECK_FALSE(parse_count_key("address"));
  CHECK_FALSE(parse_count_key(""));
}

TEST_CASE("options of functions are for functions") {
  CHECK(parsed("count functions --filter-funcs tcp_.* --strict --kprobe-way kprobe"));
  CHECK_FALSE(parsed("count calls --filter-funcs tcp_.*"));
  CHECK_FALSE(parsed("count calls --kprobe-way kprobe"));
  CHECK_FALSE(parsed("count --by comm --trace-types sock"));
  CHECK_FALSE(parsed("count functions --failed"));
  CHECK_FALSE(parsed("count calls --buffer-size 1M"));  // nothing goes through a ring
}
