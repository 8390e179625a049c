// SPDX-License-Identifier: BSD-2-Clause
// `connect`: a line for each attempt to connect, with its final result.
#include "bpf/contract/connect.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attach/object.h"
#include "attach/tracepoints.h"
#include "attach/uprobes.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/loading.h"
#include "cmd/session.h"
#include "connect.skel.h"
#include "events/clock.h"
#include "events/decode_connect.h"
#include "events/host_names.h"
#include "events/stop.h"
#include "format/connect_line.h"
#include "format/histogram.h"
#include "host/elf_function.h"
#include "host/host.h"
#include "host/libcs.h"
#include "names/users.h"
#include "run/teller.h"

namespace socketrace {
namespace {

class ConnectTeller final : public Teller {
 public:
  ConnectTeller(const Invocation& in, const Users& users, const AsTable* networks)
      : by_(in.connect.histogram),
        wants_host_(in.connect.host),
        line_(in.view, in.connect, users, networks, WallClock(realtime_offset_ns)) {}

  void put_header(Buffer& out) override {
    if (by_ == HistogramBy::none) line_.put_header(out);
  }
  Told put_record(Buffer& out, std::span<const std::byte> record) override {
    if (is_answer(record)) return learn(record);
    Attempt attempt;
    if (!decode_connect(record, attempt)) return Told::malformed;
    if (wants_host_) names_.name(attempt);
    if (by_ == HistogramBy::none) {
      line_.put_attempt(out, attempt);
      return Told::line;
    }
    key_.clear();
    put_histogram_key(key_, attempt, by_);
    histograms_.add(key_.view(), attempt.told->latency_ns / 1000);
    return Told::nothing;
  }
  void put_footer(Buffer& out) override { histograms_.put(out); }

  const HostNames& names() const { return names_; }
  uint64_t in_histograms() const { return histograms_.total(); }

 private:
  Told learn(std::span<const std::byte> record) {
    ReceivedAnswer answer;
    if (!decode_answer(record, answer)) return Told::malformed;
    names_.learn(answer);
    return Told::part;
  }

  HistogramBy by_;
  bool wants_host_;
  HostNames names_;
  ConnectFormat line_;
  Histograms histograms_;
  Buffer key_{256};
};

// nullopt: no column for it.
Result<std::optional<AsTable>> load_networks(const std::vector<std::string>& files) {
  if (files.empty()) return std::optional<AsTable>();
  AsTable networks;
  for (const std::string& file : files) {
    auto added = networks.add_file(file);
    if (!added) return std::move(added).error().within("--as");
  }
  networks.finish();
  for (const std::string& note : networks.notes()) say(note + ": line skipped");
  if (networks.malformed() > networks.notes().size()) {
    say(fmt::format("{} more lines skipped", networks.malformed() - networks.notes().size()));
  }
  return std::optional<AsTable>(std::move(networks));
}

// What became of attempts that no line tells of.
void add_remarks(int stats_map, const Counters& counters, const ConnectTeller& teller,
                 Account& account) {
  const HostNames& names = teller.names();
  std::array<uint64_t, sizeof(st_connect_stats) / sizeof(uint64_t)> words{};
  if (auto added = counters.add_up(stats_map, words); !added) {
    account.remarks.push_back(added.error().text());
    return;
  }
  const auto stats = std::bit_cast<st_connect_stats>(words);
  const auto remark = [&](uint64_t count, const char* what) {
    if (count != 0) account.remarks.push_back(fmt::format("{} {}", count, what));
  };
  remark(teller.in_histograms(), "attempts in histograms");
  remark(stats.begun > stats.ended ? stats.begun - stats.ended : 0, "still undecided");
  remark(stats.repeated, "repeated calls on a socket that was connecting or connected");
  remark(stats.unseen, "not shown (too many at once)");
  remark(stats.answers_lost, "DNS answers lost");
  remark(names.not_understood(), "messages from port 53 not understood");
  remark(stats.names_cut, "results of getaddrinfo of which only the first 64 entries were read");
  remark(names.cut(), "DNS answers of which only the beginning was read");
}

// Its inode number; 0 where /proc does not tell: every program is in another one, then.
uint32_t own_mount_namespace() {
  struct stat status {};
  return stat("/proc/self/ns/mnt", &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

void choose_programs(Object<connect_bpf>& object, bool hosts) {
  bpf_program__set_autoload(object->progs.st_connect_enter, true);
  bpf_program__set_autoload(object->progs.st_connect_exit, true);
  bpf_program__set_autoload(object->progs.st_connect_state, true);
  bpf_program__set_autoload(object->progs.st_host_asked, hosts);
  bpf_program__set_autoload(object->progs.st_host_answered, hosts);
  bpf_program__set_autoload(object->progs.st_answer_received, hosts);
  if (hosts) return;
  bpf_map__set_max_entries(object->maps.hosts, 1);
  bpf_map__set_max_entries(object->maps.questions, 1);
}

// A library in use may be one that we cannot probe; one that was asked for must be.
Result<Uprobes> watch_lookups(const Object<connect_bpf>& object, const Connect& wanted) {
  Uprobes uprobes;
  if (!wanted.host) return uprobes;
  if (const Host host = read_host(); uretprobes_kill(host) && !wanted.force_uretprobe) {
    say("no names from getaddrinfo, only from DNS answers: on Linux " + host.release +
        " its return probe kills programs under seccomp (mended in 6.12.14, 6.13.3 and 6.14); "
        "--force-uretprobe watches it all the same");
    return uprobes;
  }
  const auto watch = [&](const std::string& library, Owner owner) -> Result<void> {
    const Fd file = TRY(open_libc(library, owner));
    const uint64_t offset = TRY(offset_of_function(file.get(), "getaddrinfo"));
    return uprobes.attach(object->progs.st_host_asked, object->progs.st_host_answered, file.get(),
                          offset);
  };
  for (const std::string& library : wanted.libcs) {
    if (auto attached = watch(library, Owner::anybody); !attached) {
      return std::move(attached).error().within("--libc " + library);
    }
  }
  size_t watched = wanted.libcs.size();
  for (const Libc& libc : libcs_in_use()) {
    if (auto attached = watch(libc.path, Owner::root); !attached) {
      say("no names from " + libc.name + ": " + attached.error().text());
    } else {
      say_verbose("names from " + libc.path);
      ++watched;
    }
  }
  if (watched == 0) say("no names: no program in use has a C library that we know; --libc PATH");
  // A file is probed, whoever maps it: only a library that nobody had yet, as in a container that
  // starts, is missed.
  say(fmt::format(
      "{} C libraries are watched; of those that come with later programs none: --libc PATH",
      watched));
  return uprobes;
}

}  // namespace

Result<int> connect_attempts(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  const std::optional<AsTable> networks = TRY(load_networks(in.connect.as_files));
  TRY(check_host(Places::tracepoints));
  Object<connect_bpf> object = TRY(Object<connect_bpf>::open());
  configure(object, config, in.buffer_bytes);
  object->rodata->st_connect_config.immediate = in.connect.immediate;
  object->rodata->st_connect_config.want_args = in.connect.args;
  object->rodata->st_connect_config.want_host = in.connect.host;
  object->rodata->st_connect_config.recvfrom = SYS_recvfrom;
  object->rodata->st_connect_config.recvmsg = SYS_recvmsg;
  object->rodata->st_connect_config.recvmmsg = SYS_recvmmsg;
  object->rodata->st_connect_config.read = SYS_read;
  object->rodata->st_connect_config.mount_ns = own_mount_namespace();
  choose_programs(object, in.connect.host);
  TRY(raise_limits(0, read_host()));
  TRY(load_or_tell(object));
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));

  Account account;
  account.places = "tracepoints";
  const auto begin = std::chrono::steady_clock::now();
  Tracepoints tracepoints = TRY(Tracepoints::attach(object->obj));
  const Uprobes uprobes = TRY(watch_lookups(object, in.connect));
  account.attach_took = std::chrono::steady_clock::now() - begin;

  const Users users = Users::read();
  ConnectTeller teller(in, users, networks ? &*networks : nullptr);
  Session session = TRY(session_of(object, in, stop));
  session.add_remarks = [&](Account& told) {
    add_remarks(bpf_map__fd(object->maps.connect_stats), session.counters, teller, told);
  };
  return run_session(session, tracepoints, teller, sink, account);
}

}  // namespace socketrace
