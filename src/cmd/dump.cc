// SPDX-License-Identifier: BSD-2-Clause
// `dump`: what is said over unix sockets.
#include "bpf/dump.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "attach/dump_config.h"
#include "attach/host.h"
#include "attach/object.h"
#include "attach/tracepoints.h"
#include "attach/trampolines.h"
#include "cmd/cmd.h"
#include "cmd/loading.h"
#include "cmd/session.h"
#include "cmd/teller.h"
#include "dump.skel.h"
#include "events/clock.h"
#include "events/messages.h"
#include "events/stop.h"
#include "format/message_text.h"
#include "output/message_packets.h"

namespace socketrace {
namespace {

class MessageTeller final : public Teller {
 public:
  static Result<MessageTeller> open(const Dump& dump) {
    const int64_t offset = realtime_offset_ns();
    MessageTeller teller(MessageText(dump.format, offset));
    if (dump.format == DumpFormat::pcap) {
      teller.packets_ = TRY(MessagePackets::open(dump.max_bytes, offset));
    }
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
      case Messages::Taken::message:
        break;
    }
    if (packets_) {
      packets_->put(out, message);
    } else {
      text_.put(out, message);
    }
    return Told::line;
  }

 private:
  explicit MessageTeller(const MessageText& text) : text_(text) {}

  Messages messages_;
  MessageText text_;
  std::optional<MessagePackets> packets_;
};

constexpr uint64_t kDefaultRing = uint64_t{32} * 1024 * 1024;  // five hundred messages of 64 KiB
constexpr uint64_t kLeastRing = uint64_t{128} * 1024;          // several pieces of the largest kind

Result<void> choose_programs(Object<dump_bpf>& object, const Dump& dump) {
  const auto& p = object->progs;
  using enum Presence;
  // Entries of both sides also tell who uses the other end.
  const Trampoline trampolines[] = {
      {p.st_stream_send, required},
      {p.st_dgram_send, required},
      {p.st_seqpacket_send, required},
      {p.st_stream_recv, required},
      {p.st_dgram_recv, required},
      {p.st_seqpacket_recv, required},
      {p.st_stream_sent, dump.send ? required : unwanted},
      {p.st_dgram_sent, dump.send ? required : unwanted},
      {p.st_seqpacket_sent, dump.send ? required : unwanted},
      {p.st_may_send, dump.send ? optional : unwanted},
      {p.st_stream_page_sent, dump.send ? optional : unwanted},
      {p.st_stream_received, dump.recv ? required : unwanted},
      {p.st_dgram_received, dump.recv ? required : unwanted},
      {p.st_seqpacket_received, dump.recv ? required : unwanted},
      {p.st_datagram_taken, dump.recv ? required : unwanted},
      {p.st_stream_spliced, dump.recv ? optional : unwanted},
  };
  return choose_trampolines(trampolines);
}

}  // namespace

Result<int> dump(const Invocation& in) {
  const std::atomic<int>& stop = install_stop_signals();
  const st_config config = TRY(config_for(in.match, in.view));
  const st_dump_config dump_config = TRY(dump_config_for(in.dump));
  TRY(check_host(Places::tracepoints));
  Object<dump_bpf> object = TRY(Object<dump_bpf>::open());
  configure(object, config,
            in.buffer_bytes == 0 ? kDefaultRing : std::max(in.buffer_bytes, kLeastRing));
  object->rodata->st_dump = dump_config;
  TRY(choose_programs(object, in.dump));
  TRY(raise_limits(0, read_host()));
  // After all that can refuse but the kernel: a refusal truncates no file.
  TRY(load_or_tell(object));
  Sink sink = TRY(Sink::open(in.view.output_path, &stop));
  sink.flush_every_line(in.dump.flush);
  if (in.dump.format == DumpFormat::pcap && sink.terminal()) {
    return Error::usage("--format pcap: not to a terminal: want -o FILE, or a pipe to Wireshark");
  }

  Account account;
  account.places = "functions";
  const auto begin = std::chrono::steady_clock::now();
  Tracepoints trampolines = TRY(Tracepoints::attach(object->obj));
  account.attach_took = std::chrono::steady_clock::now() - begin;
  MessageTeller teller = TRY(MessageTeller::open(in.dump));
  return run_session(TRY(session_of(object, in, stop)), trampolines, teller, sink, account);
}

}  // namespace socketrace
