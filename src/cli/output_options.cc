// SPDX-License-Identifier: BSD-2-Clause
#include <array>
#include <string_view>

#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

constexpr auto kOutput = &Invocation::view;
constexpr OptionSpec timestamp(std::string_view help) {
  return {"--timestamp", 0, "STYLE", Arity::one, store<kOutput, &View::timestamp, parse_timestamp>,
          help};
}
constexpr OptionSpec file(std::string_view help) {
  return {"--output-file",
          'o',
          "FILE",
          Arity::one,
          store<kOutput, &View::output_path, parse_path>,
          help};
}
constexpr OptionSpec limit(std::string_view help) {
  return {"--output-limit-lines",
          0,
          "N",
          Arity::one,
          store<kOutput, &View::limit_lines, parse_limit>,
          help};
}

constexpr OptionSpec kLineFile = file("write to FILE, created or truncated, in place of stdout");
constexpr OptionSpec kLineLimit = limit("end after N lines; 0 (default): no limit");
constexpr std::array kLines = {
    timestamp("time before the line: none (default), absolute, relative to the first, monotonic"),
    kLineFile,
    kLineLimit,
};
constexpr std::array kConnects = {
    timestamp("TIME: none (default; the clock, to the second, and no column with --style "
              "soconnect), absolute, relative to the first, monotonic"),
    kLineFile,
    kLineLimit,
};
constexpr std::array kIntervals = {
    timestamp("time above each interval: none (default; the clock, to the second), absolute, "
              "relative to the first, monotonic"),
    kLineFile,
    kLineLimit,
};
constexpr std::array kOutputOptions = {
    OptionSpec{"--output-sock-common", 0, "", Arity::flag, set<kOutput, &View::sock_common>,
               "add state, reuseport, bound_ifindex"},
    OptionSpec{"--output-sock-info", 0, "", Arity::flag, set<kOutput, &View::sock_info>,
               "add rx_dst_ifindex, backlog_len, rcv_buff, snd_buff, priority, mark, type"},
    OptionSpec{"--output-socket-info", 0, "", Arity::flag, set<kOutput, &View::socket_info>,
               "add state, type, flags, f_ino of the struct socket"},
    OptionSpec{"--output-stack", 0, "", Arity::flag, set<kOutput, &View::stack>,
               "add the kernel stack, one line a frame"},
    timestamp("time of the hit: none (default), absolute, relative to the first hit, monotonic"),
    file("write hits to FILE, created or truncated, in place of stdout"),
    limit("end after N hits; 0 (default): no limit"),
};

}  // namespace

const OptionGroup& output_options() {
  static constexpr OptionGroup kGroup = {"Output", kOutputOptions};
  return kGroup;
}

const OptionGroup& connect_line_options() {
  static constexpr OptionGroup kGroup = {"Output", kConnects};
  return kGroup;
}

const OptionGroup& interval_options() {
  static constexpr OptionGroup kGroup = {"Output", kIntervals};
  return kGroup;
}

const OptionGroup& line_options() {
  static constexpr OptionGroup kGroup = {"Output", kLines};
  return kGroup;
}

}  // namespace socketrace
