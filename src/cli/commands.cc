// SPDX-License-Identifier: BSD-2-Clause
#include "cli/commands.h"

#include <array>

#include "cli/calls.h"
#include "cli/count.h"
#include "cli/dump.h"

namespace socketrace {

namespace {

CommandSpec calls_command() {
  static const std::array kGroups = {&filtering_options_of_calls(), &outcome_options(),
                                     &line_options(), &running_options(), &general_options()};
  return {Command::calls,
          "calls",
          "Prints a line for every socket call of a program with its result, and for every change "
          "of state.",
          kGroups,
          "  socketrace calls --duration 2\n"
          "  socketrace calls connect accept --filter-port 443 --timestamp absolute --duration 2\n"
          "  socketrace calls bind connect listen --failed --filter-uid root --duration 2\n"
          "  socketrace calls sendto recvfrom --filter-comm 'named*' --filter-family inet,inet6 "
          "--duration 2\n"
          "  socketrace calls state --filter-addr 10.0.0.0/8 --output-limit-lines 100 "
          "--duration 2\n",
          {"EVENT", apply_call_event,
           "bind, connect, listen, accept, sendto, recvfrom, sendmsg, recvmsg, sendmmsg, recvmmsg, "
           "close (of sockets), state (changes of it); default: bind connect listen accept state. "
           "Not seen: calls made through io_uring, and closes other than by close(2); calls of "
           "32-bit programs are counted and told at the end",
           false, true}};
}

CommandSpec connect_command() {
  static const std::array kGroups = {&connect_options(), &filtering_options_of_connects(),
                                     &outcome_options(), &connect_line_options(),
                                     &running_options(), &general_options()};
  return {Command::connect, "connect",
          "Prints a line for every attempt to connect, of every address family, once its result is "
          "final.",
          kGroups,
          "  socketrace connect --failed --duration 5\n"
          "  socketrace connect --args --as ip2asn-combined.tsv --filter-port 443 --duration 5\n"
          "  socketrace connect --host --filter-family inet,inet6 --duration 5\n"
          "  socketrace connect --style soconnect --filter-family inet,inet6 --duration 5\n"
          "  socketrace connect --histogram --filter-protocol tcp --duration 5\n"};
}

CommandSpec count_command() {
  static const std::array kGroups = {
      &counting_options(), &selecting_options(), &filtering_options_of_counts(),
      &outcome_options(),  &interval_options(),  &count_running_options(),
      &general_options()};
  return {Command::count,
          "count",
          "Counts in the kernel: hits of functions, socket calls, or accepts and connects by KEY.",
          kGroups,
          "  socketrace count functions --filter-port 22 -n 3\n"
          "  socketrace count functions --filter-funcs 'tcp_.*' -i 5 -n 1\n"
          "  socketrace count calls -i 2 -n 2\n"
          "  socketrace count --by family -i 0 --duration 5\n"
          "  socketrace count --by addr --failed --filter-family inet,inet6 --duration 5\n",
          {"WHAT", apply_count_what,
           "functions (what the main command would print), calls (accept, connect, bind, socket, "
           "send, receive), or nothing with --by",
           false, false}};
}

CommandSpec dump_command() {
  static const std::array kGroups = {&dump_filtering_options(), &dump_output_options(),
                                     &running_options(), &general_options()};
  return {
      Command::dump,
      "dump",
      "Prints what is said over unix sockets.",
      kGroups,
      "  socketrace dump /run/docker.sock --format string --duration 10\n"
      "  socketrace dump '/run/*' --side both --filter-comm 'systemd*' --duration 10\n"
      "  socketrace dump @/tmp/.X11-unix/X0 --output-limit-lines 20 --duration 10\n"
      "  socketrace dump '*' --type dgram --format hexstring -o /tmp/said --duration 10\n"
      "  socketrace dump /run/docker.sock --format pcap-tcp -o /tmp/said.pcap --duration 10\n",
      {"PATTERN", apply_dump_pattern,
       "the socket at either end: a file that exists, a path as it was bound, @NAME (abstract), "
       "either with * ? [a-z] \\x00, or * alone for all",
       true, false}};
}

}  // namespace

std::span<const CommandSpec> commands() {
  static const std::array kTraceGroups = {&selecting_options(), &filtering_options(),
                                          &output_options(), &attaching_options(),
                                          &general_options()};
  static const std::array kCommands = {
      CommandSpec{
          Command::trace, "",
          "Prints a line for every call of a kernel function that takes a socket or a packet.",
          kTraceGroups,
          "  socketrace --filter-port 22 --output-stack --output-limit-lines 2\n"
          "  socketrace --filter-comm 'nginx*' --filter-protocol tcp --timestamp absolute\n"
          "  socketrace --filter-addr 10.0.0.0/8,2001:db8::/32 --filter-funcs 'tcp_.*'\n"
          "  socketrace --filter-netns web --filter-family unix -o /tmp/hits\n"
          "  socketrace --list-funcs sock --filter-funcs 'tcp_(send|recv)msg'\n"},
      calls_command(),
      connect_command(),
      count_command(),
      dump_command(),
  };
  return kCommands;
}

const OptionSpec* find_option(const CommandSpec& command, std::string_view word) {
  for (const OptionGroup* group : command.groups) {
    for (const OptionSpec& option : group->options) {
      if (word == option.name) return &option;
      if (option.letter != 0 && word.size() == 2 && word[0] == '-' && word[1] == option.letter) {
        return &option;
      }
    }
  }
  return nullptr;
}

}  // namespace socketrace
