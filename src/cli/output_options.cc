// SPDX-License-Identifier: BSD-2-Clause
#include <array>

#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

constexpr auto kView = &Invocation::view;
constexpr OptionSpec kTimestamp = {
    "--timestamp",
    0,
    "STYLE",
    Arity::one,
    store<kView, &View::timestamp, parse_timestamp>,
    "time of the hit: none (default), absolute, relative to the first hit, monotonic"};
constexpr OptionSpec kFile = {"--output-file",
                              'o',
                              "FILE",
                              Arity::one,
                              store<kView, &View::output_path, parse_path>,
                              "write hits to FILE, created or truncated, in place of stdout"};
constexpr OptionSpec kLimit = {"--output-limit-lines",
                               0,
                               "N",
                               Arity::one,
                               store<kView, &View::limit_lines, parse_limit>,
                               "end after N hits; 0 (default): no limit"};
constexpr std::array kLines = {kTimestamp, kFile, kLimit};
constexpr std::array kOptions = {
    OptionSpec{"--output-sock-common", 0, "", Arity::flag, set<kView, &View::sock_common>,
               "add state, reuseport, bound_ifindex"},
    OptionSpec{"--output-sock-info", 0, "", Arity::flag, set<kView, &View::sock_info>,
               "add rx_dst_ifindex, backlog_len, rcv_buff, snd_buff, priority, mark, type"},
    OptionSpec{"--output-socket-info", 0, "", Arity::flag, set<kView, &View::socket_info>,
               "add state, type, flags, f_ino of the struct socket"},
    OptionSpec{"--output-stack", 0, "", Arity::flag, set<kView, &View::stack>,
               "add the kernel stack, one line a frame"},
    kTimestamp,
    kFile,
    kLimit,
};

}  // namespace

const OptionGroup& output_options() {
  static constexpr OptionGroup kGroup = {"Output", kOptions};
  return kGroup;
}

const OptionGroup& line_options() {
  static constexpr OptionGroup kGroup = {"Output", kLines};
  return kGroup;
}

}  // namespace socketrace
