// SPDX-License-Identifier: BSD-2-Clause
#include "cli/parse.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "../golden.h"
#include "bpf/contract/calls.h"
#include "command_line.h"

using namespace socketrace;

TEST_CASE("no words: trace everything") {
  const auto invocation = parse_words({});
  REQUIRE(invocation);
  CHECK(invocation->command == Command::trace);
  CHECK(invocation->match.empty());
  CHECK(invocation->view.limit_lines == 0);
  CHECK(invocation->buffer_bytes == 0);
  CHECK(invocation->way == KprobeWay::automatic);
  CHECK(invocation->selection.kinds.sk_buff);
  CHECK_FALSE(invocation->selection.kinds.given);
  CHECK(parse_command_line(0, nullptr)->command == Command::trace);
}

TEST_CASE("every option reaches its place") {
  const auto parsed = parse_words(words_of(
      "--filter-pid 1,2 --filter-pid 3 --filter-comm ssh*,nginx --filter-addr 10.0.0.0/8 "
      "--filter-port=22,80-90 --filter-port 443 --filter-protocol tcp,17 --filter-family inet "
      "--filter-mark 1/1 --filter-netns self,pid:1 --filter-funcs 'tcp_.*' --exclude-funcs '.*x' "
      "--trace-types sock,sk_buff --modules sctp --btf /b --strict --kprobe-way kprobe "
      "--output-sock-common --output-sock-info --output-socket-info --output-stack "
      "--timestamp absolute --output-file /o --output-limit-lines 9 --buffer-size 64K -v"));
  REQUIRE(parsed);
  const Match& match = parsed->match;
  CHECK(match.pids == std::vector<uint32_t>{1, 2, 3});
  REQUIRE(match.comms.size() == 2);
  CHECK(match.comms[0].prefix);
  CHECK(match.comms[1].text == "nginx");
  REQUIRE(match.addresses.size() == 1);
  CHECK(match.addresses[0].length == 8);
  REQUIRE(match.ports.size() == 3);
  CHECK(match.ports[1].last == 90);
  CHECK(match.ports[2].first == 443);
  CHECK(match.protocols == std::vector<uint16_t>{6, 17});
  CHECK(match.families == std::vector<uint16_t>{2});
  REQUIRE(match.marks.size() == 1);
  CHECK(match.marks[0].mask == 1);
  CHECK(match.netns == std::vector<std::string>{"self", "pid:1"});
  const Selection& selection = parsed->selection;
  CHECK(selection.include_pattern == "tcp_.*");
  CHECK(selection.exclude_pattern == ".*x");
  CHECK(selection.kinds.given);
  CHECK(selection.kinds.sock);
  CHECK_FALSE(selection.kinds.socket);
  CHECK(selection.kinds.sk_buff);
  CHECK(selection.modules.names == std::vector<std::string>{"sctp"});
  CHECK(selection.btf_path == "/b");
  CHECK(selection.strict);
  const View& view = parsed->view;
  CHECK(view.sock_common);
  CHECK(view.sock_info);
  CHECK(view.socket_info);
  CHECK(view.stack);
  CHECK(view.timestamp == TimestampStyle::absolute);
  CHECK(view.output_path == "/o");
  CHECK(view.limit_lines == 9);
  CHECK(parsed->way == KprobeWay::kprobe);
  CHECK(parsed->buffer_bytes == 65536);
  CHECK(parsed->verbose);
  CHECK_FALSE(parsed->quiet);
}

TEST_CASE("sub-commands share the filters and have some of their own") {
  const auto parsed = parse_words(words_of(
      "calls state --filter-port 22 --filter-uid root,1000 --failed --duration 2.5 recv-from "
      "--timestamp relative -o /o --output-limit-lines 3 --buffer-size 1M --no-sandbox"));
  REQUIRE(parsed);
  CHECK(parsed->command == Command::calls);
  CHECK(parsed->calls.events == (1u << ST_CALL_STATE | 1u << ST_CALL_RECVFROM));
  CHECK(parsed->match.ports.size() == 1);
  CHECK(parsed->match.uids == std::vector<uint32_t>{0, 1000});
  CHECK(parsed->match.failed);
  CHECK(parsed->view.duration == std::chrono::milliseconds(2500));
  CHECK(parsed->view.timestamp == TimestampStyle::relative);
  CHECK(parsed->view.output_path == "/o");
  CHECK(parsed->view.limit_lines == 3);
  CHECK(parsed->buffer_bytes == 1 << 20);
  CHECK_FALSE(parsed->sandbox);
}

TEST_CASE("--list-funcs takes its type with a space, with =, or not at all") {
  const auto type = [](const char* line) {
    const auto parsed = parse_words(words_of(line));
    REQUIRE(parsed);
    CHECK(parsed->command == Command::list_funcs);
    return parsed->list_type.value_or("any");
  };
  CHECK(type("--list-funcs") == "any");
  CHECK(type("--list-funcs sock") == "sock");
  CHECK(type("--list-funcs=socket") == "socket");
  CHECK(type("--list-funcs 'struct sk_buff'") == "sk_buff");
  CHECK(type("--list-funcs --filter-funcs tcp_.*") == "any");
  CHECK(type("--list-funcs -v") == "any");
  CHECK(type("--filter-funcs tcp_.* --list-funcs") == "any");
}

TEST_CASE("values reach us as they were typed") {
  CHECK(parse_words({"--filter-funcs", "[a-z]"})->selection.include_pattern == "[a-z]");
  CHECK(parse_words({"--filter-funcs=[ab]"})->selection.include_pattern == "[ab]");
  CHECK(parse_words({"--filter-funcs=a=b"})->selection.include_pattern == "a=b");
  CHECK(parse_words({"--filter-funcs", "a,b"})->selection.include_pattern == "a,b");
  CHECK(parse_words({"--filter-funcs", "{}"})->selection.include_pattern == "{}");
  CHECK(parse_words({"--filter-comm", "-bash"})->match.comms[0].text == "-bash");
  CHECK(parse_words({"--filter-comm", "a\nb"})->match.comms[0].text == "a\nb");
  CHECK(parse_words({"--output-file", "%%"})->view.output_path == "%%");
  CHECK(parse_words({"-o", "-x"})->view.output_path == "-x");
  CHECK(parse_words({"-ox"})->view.output_path == "x");
  CHECK(parse_words({"-qo", "x"})->quiet);
  CHECK(parse_words({"-q", "--"})->quiet);
}

TEST_CASE("the kernel side has room for so many values") {
  std::string ports = "1";
  for (int more = 2; more <= 32; ++more) ports += ",1";
  CHECK(parse_words({"--filter-port", ports})->match.ports.size() == 32);
  const auto full = parse_words({"--filter-port", ports, "--filter-port", "2"});
  REQUIRE_FALSE(full);
  CHECK(full.error().text() == "--filter-port 2: too many values: at most 32");
  CHECK(full.error().exit_status() == 2);
}

// tests/golden/cli_errors.txt: "$ socketrace WORDS", and below it what is said.
TEST_CASE("wrong usage is told with the option, the value, and what would be right") {
  const std::string prompt = "$ socketrace";
  std::istringstream lines(read_golden("cli_errors.txt"));
  std::string actual;
  int cases = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(prompt)) continue;
    ++cases;
    const auto parsed = parse_words(words_of(line.substr(prompt.size())));
    actual += line + '\n';
    if (parsed) {
      actual += "(no error)\n";
      FAIL_CHECK("accepted: " << line);
      continue;
    }
    CHECK(parsed.error().exit_status() == 2);
    actual += parsed.error().text() + '\n';
  }
  CHECK(cases > 50);
  check_golden("cli_errors.txt", actual);
}
