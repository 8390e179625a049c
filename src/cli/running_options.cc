// SPDX-License-Identifier: BSD-2-Clause
// Options of how we run, rather than of what is traced: attaching and general.
#include <array>
#include <string_view>

#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

template <auto Member, auto Parse>
Result<void> keep(Invocation& invocation, std::string_view value) {
  invocation.*Member = TRY(Parse(value));
  return {};
}

template <auto Member, auto Value>
Result<void> choose(Invocation& invocation, std::string_view) {
  invocation.*Member = Value;
  return {};
}

constexpr OptionSpec kBufferSize = {
    "--buffer-size",
    0,
    "SIZE",
    Arity::one,
    keep<&Invocation::buffer_bytes, parse_buffer_size>,
    "ring buffer for hits: bytes, or with K, M, G; rounded up to a power of two of at least a "
    "page, at most 1G"};
constexpr OptionSpec kNoSandbox = {
    "--no-sandbox",
    0,
    "",
    Arity::flag,
    choose<&Invocation::sandbox, false>,
    "keep capabilities and system calls once attached (for kernels and containers that refuse to "
    "be confined)"};

constexpr OptionSpec kDuration = {"--duration",
                                  0,
                                  "SECONDS",
                                  Arity::one,
                                  store<&Invocation::view, &View::duration, parse_duration>,
                                  "end after so many seconds, 2.5 too (default: Ctrl-C ends it)"};
constexpr OptionSpec kWay = {"--kprobe-way",
                             0,
                             "WAY",
                             Arity::one,
                             keep<&Invocation::way, parse_way>,
                             "kprobe-multi, kprobe-event (probe events of tracefs) or kprobe "
                             "(default: the best of them that the kernel has)"};

constexpr OptionSpec kExpediteRcu = {
    "--expedite-rcu",
    0,
    "",
    Arity::flag,
    choose<&Invocation::expedite_rcu, true>,
    "while attaching and detaching, set /sys/kernel/rcu_expedited: faster where probes go "
    "one by one, and every CPU of the host is interrupted more often"};

constexpr std::array kRunning = {kDuration, kBufferSize, kNoSandbox};
constexpr std::array kCountRunning = {kWay, kExpediteRcu, kDuration, kNoSandbox};
constexpr std::array kAttaching = {kWay, kExpediteRcu, kBufferSize, kNoSandbox};

constexpr std::array kGeneral = {
    OptionSpec{"--quiet", 'q', "", Arity::flag, choose<&Invocation::quiet, true>,
               "nothing on stderr but errors"},
    OptionSpec{"--verbose", 'v', "", Arity::flag, choose<&Invocation::verbose, true>,
               "more on stderr: every skipped function and why"},
    OptionSpec{"--version", 0, "", Arity::flag, choose<&Invocation::command, Command::version>,
               "print the versions of socketrace and libbpf, and exit"},
    OptionSpec{"--help", 'h', "", Arity::flag, choose<&Invocation::command, Command::help>,
               "print this, and exit"},
};

}  // namespace

const OptionGroup& attaching_options() {
  static constexpr OptionGroup kGroup = {"Attaching", kAttaching};
  return kGroup;
}

const OptionGroup& running_options() {
  static constexpr OptionGroup kGroup = {"Running", kRunning};
  return kGroup;
}

const OptionGroup& count_running_options() {
  static constexpr OptionGroup kGroup = {"Running", kCountRunning};
  return kGroup;
}

const OptionGroup& general_options() {
  static constexpr OptionGroup kGroup = {"General", kGeneral};
  return kGroup;
}

}  // namespace socketrace
