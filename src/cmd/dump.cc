// SPDX-License-Identifier: BSD-2-Clause
// `dump`: what is said over unix sockets.
#include "bpf/contract/dump.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "attach/dump_config.h"
#include "attach/object.h"
#include "attach/tracepoints.h"
#include "attach/trampolines.h"
#include "cmd/cmd.h"
#include "cmd/loading.h"
#include "cmd/session.h"
#include "dump.skel.h"
#include "events/clock.h"
#include "events/messages.h"
#include "events/stop.h"
#include "format/message_text.h"
#include "host/host.h"
#include "output/message_packets.h"
#include "run/teller.h"

namespace socketrace {
namespace {

class MessageTeller final : public Teller {
 public:
  static Result<MessageTeller> open(const Dump& dump) {
    const WallClock clock(realtime_offset_ns);
    MessageTeller teller(MessageText(dump.format, clock));
    if (dump.as_packets()) teller.packets_ = TRY(MessagePackets::open(dump, clock));
    return teller;
  }

  void put_header(Buffer& out) override {
    if (packets_) packets_->put_header(out);
  }

  Told put_record(Buffer& out, std::span<const std::byte> record) override {
    Message message;
    switch (messages_.take(record, message)) {
      case Messages::Taken::piece:
        return Told::part;
      case Messages::Taken::malformed:
        return Told::malformed;
      case Messages::Taken::closing:
        if (packets_) packets_->put_closing(out, *message.closing);
        return Told::part;
      case Messages::Taken::message:
        break;
    }
    if ((message.head->flags & ST_MSG_OTHER_FILE) != 0) tell_of_other_file();
    if (packets_) return packets_->put(out, message) ? Told::line : Told::nothing;
    text_.put(out, message);
    return Told::line;
  }

  void put_footer(Buffer& out) override {
    if (packets_) packets_->put_footer(out);
  }

 private:
  explicit MessageTeller(const MessageText& text) : text_(text) {}

  void tell_of_other_file() {
    if (told_of_other_file_) return;
    told_of_other_file_ = true;
    say("the file has changed: another socket is bound in its place, and shown as well");
  }

  Messages messages_;
  MessageText text_;
  std::unique_ptr<MessagePackets> packets_;  // or text
  bool told_of_other_file_ = false;
};

constexpr uint64_t kDefaultRing = uint64_t{64} * 1024 * 1024;  // a thousand messages of 64 KiB
constexpr uint64_t kLeastRing = uint64_t{128} * 1024;          // several pieces of the largest kind

// As few as will do: each has to be verified, attached and detached.
Result<void> choose_programs(Object<dump_bpf>& object, const Dump& dump) {
  const auto& p = object->progs;
  const auto of = [](bool wanted, Presence presence) {
    return wanted ? presence : Presence::unwanted;
  };
  const auto has_type = [&dump](int type) {
    return dump.types == 0 || (dump.types & 1U << static_cast<unsigned>(type)) != 0;
  };
  using enum Presence;
  const bool tcp = dump.format == DumpFormat::pcap_tcp;
  const bool stream = has_type(SOCK_STREAM);
  const bool packets = has_type(SOCK_SEQPACKET) || (has_type(SOCK_DGRAM) && !tcp);
  // They call what datagrams have, unless they fail at once or the compiler has put it into them.
  const bool seqpacket = has_type(SOCK_SEQPACKET);
  // Entries of both sides also tell who uses the other end.
  const Trampoline trampolines[] = {
      {p.st_stream_send, of(stream, required)},
      {p.st_dgram_send, of(packets, required)},
      {p.st_seqpacket_send, of(seqpacket, required)},
      {p.st_stream_recv, of(stream, required)},
      {p.st_dgram_recv, of(packets, required)},
      {p.st_seqpacket_recv, of(seqpacket, required)},
      {p.st_stream_sent, of(stream && dump.send, required)},
      {p.st_dgram_sent, of(packets && dump.send, required)},
      {p.st_seqpacket_sent, of(seqpacket && dump.send, required)},
      {p.st_may_send, of(packets && dump.send, optional)},
      {p.st_stream_page_sent, of(stream && dump.send, optional)},
      {p.st_stream_received, of(stream && dump.recv, required)},
      {p.st_dgram_received, of(packets && dump.recv, required)},
      {p.st_seqpacket_received, of(seqpacket && dump.recv, required)},
      {p.st_datagram_taken, of(packets && dump.recv, required)},
      {p.st_stream_spliced, of(stream && dump.recv, optional)},
      {p.st_closed, of(tcp, optional)},
      {p.st_shut, of(tcp, optional)},
  };
  TRY(choose_trampolines(trampolines));
  if (packets && dump.send && !bpf_program__autoload(p.st_may_send)) {
    say("this kernel has no security_unix_may_send: a datagram's destination is known only by the "
        "name that its sender gives");
  }
  return {};
}

// A name that was mistyped would be waited for in silence.
void tell_of_name(const std::string& pattern, const st_dump_config& config) {
  const bool by_name = config.match_all == 0 && config.by_file == 0 && !pattern.starts_with('@') &&
                       pattern.find_first_of("*?[") == pattern.npos;
  if (by_name) say(pattern + " is no socket's file here: showing sockets bound to just that name");
}

// Messages are large: woken for each pair of them, we would hardly do anything but wake up.
void wake_seldom(st_config& config, uint64_t ring_bytes, bool at_once) {
  constexpr uint64_t kEnough = uint64_t{1024} * 1024;
  if (config.wakeup_bytes != 0) config.wakeup_bytes = std::min(kEnough, ring_bytes / 8);
  if (at_once) config.wakeup_bytes = 0;
}

}  // namespace

Result<int> dump(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  const st_dump_config dump_config = TRY(dump_config_for(in.dump));
  TRY(check_host(Places::tracepoints));
  tell_of_name(in.dump.pattern, dump_config);
  Object<dump_bpf> object = TRY(Object<dump_bpf>::open());
  configure(object, config,
            in.buffer_bytes == 0 ? kDefaultRing : std::max(in.buffer_bytes, kLeastRing));
  object->rodata->st_dump = dump_config;
  wake_seldom(object->rodata->st_config, bpf_map__max_entries(object->maps.ring), in.dump.flush);
  TRY(choose_programs(object, in.dump));
  TRY(raise_limits(0, read_host()));
  // After all that can refuse but the kernel: a refusal truncates no file.
  TRY(load_or_tell(object));
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));
  sink.flush_every_line(in.dump.flush);
  if (in.dump.as_packets()) {
    if (sink.terminal()) {
      return Error::usage("packets are not for a terminal: want -o FILE, or a pipe to Wireshark");
    }
    sink.hits_are_packets();
  }

  Account account;
  account.places = "functions";
  const auto begin = std::chrono::steady_clock::now();
  Tracepoints trampolines = TRY(Tracepoints::attach(object->obj));
  account.attach_took = std::chrono::steady_clock::now() - begin;
  MessageTeller teller = TRY(MessageTeller::open(in.dump));
  Session session = TRY(session_of(object, in, stop));
  session.add_remarks = [&](Account& told) {
    const uint64_t unseen = object->bss->st_dump_unseen.datagrams;
    if (unseen != 0)
      told.remarks.push_back(fmt::format("{} datagrams not looked at (too many at once)", unseen));
  };
  return run_session(session, trampolines, teller, sink, account);
}

}  // namespace socketrace
