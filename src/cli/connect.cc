// SPDX-License-Identifier: BSD-2-Clause
#include "cli/connect.h"

#include <array>
#include <string>

#include "cli/options.h"
#include "cli/output.h"

namespace socketrace {
namespace {

constexpr auto kConnect = &Invocation::connect;

Result<void> add_as_file(Invocation& invocation, std::string_view value) {
  invocation.connect.as_files.push_back(TRY(parse_path(value)));
  return {};
}

Result<void> add_libc(Invocation& invocation, std::string_view value) {
  invocation.connect.libcs.push_back(TRY(parse_path(value)));
  invocation.connect.host = true;
  return {};
}

constexpr std::array kConnectOptions = {
    OptionSpec{
        "--immediate", 0, "", Arity::flag, set<kConnect, &Connect::immediate>,
        "tell what connect(2) returned as it returns, EINPROGRESS and repeated calls too, in "
        "place of the final result"},
    OptionSpec{"--args", 0, "", Arity::flag, set<kConnect, &Connect::args>,
               "add the command line to PROCESS"},
    OptionSpec{
        "--host", 0, "", Arity::flag, set<kConnect, &Connect::host>,
        "add HOST, the name that getaddrinfo of a C library was asked for, or that an answer from "
        "port 53 gave; ~ before one that another process asked for"},
    OptionSpec{"--libc", 0, "PATH", Arity::list, add_libc,
               "a C library for --host beside those that running programs use"},
    OptionSpec{"--force-uretprobe", 0, "", Arity::flag, set<kConnect, &Connect::force_uretprobe>,
               "with --host, watch getaddrinfo also where its return probe kills programs under "
               "seccomp (x86, Linux 6.11 to 6.13.2)"},
    OptionSpec{
        "--as", 0, "FILE", Arity::list, add_as_file,
        "add AS-INFO, whose network the destination is in, from an IPtoASN table (.tsv, also "
        "through gzip)"},
    OptionSpec{"--histogram", 0, "[BY]", Arity::optional,
               store<kConnect, &Connect::histogram, parse_histogram>,
               "no lines but, at the end, histograms of latency by port (default) or process"},
    OptionSpec{"--style", 0, "STYLE", Arity::one,
               store<kConnect, &Connect::style, parse_connect_style>,
               "table (default), or soconnect: the columns and words of soconnect(8)"},
};

}  // namespace

const OptionGroup& connect_options() {
  static constexpr OptionGroup kGroup = {"Connecting", kConnectOptions};
  return kGroup;
}

Result<ConnectStyle> parse_connect_style(std::string_view text) {
  if (text == "table") return ConnectStyle::table;
  if (text == "soconnect") return ConnectStyle::soconnect;
  return Error::usage("not a style: want table or soconnect");
}

Result<HistogramBy> parse_histogram(std::string_view text) {
  if (text == "port" || text == kNoValue) return HistogramBy::port;
  if (text == "process") return HistogramBy::process;
  return Error::usage("not a key of histograms: want port or process");
}

Result<void> check_connect_conflicts(const Invocation& invocation) {
  const Connect& wanted = invocation.connect;
  const char* shapes_lines = nullptr;
  if (invocation.view.timestamp != TimestampStyle::none) shapes_lines = "--timestamp";
  if (wanted.args) shapes_lines = "--args";
  if (wanted.host) shapes_lines = "--host";
  if (!wanted.as_files.empty()) shapes_lines = "--as";
  if (wanted.style != ConnectStyle::table) shapes_lines = "--style";
  if (wanted.histogram != HistogramBy::none && shapes_lines != nullptr) {
    return Error::usage(std::string("--histogram and ") + shapes_lines +
                        " exclude each other: histograms have no lines");
  }
  if (wanted.style != ConnectStyle::table &&
      (wanted.args || wanted.host || !wanted.as_files.empty())) {
    return Error::usage(
        "--style soconnect has no column for --args, --host and --as: want them with --style "
        "table");
  }
  return {};
}

}  // namespace socketrace
