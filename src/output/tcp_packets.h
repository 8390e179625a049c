// SPDX-License-Identifier: BSD-2-Clause
// Connections of unix sockets as if they had been made by TCP, for what reads TCP. 127.0.0.1 is the
// end that has a name (of two such, or none: who was spoken to first), a connection is a port of
// 127.0.0.2, .3, ...; Ethernet addresses are 02:00 and the pid. SYNs come when an end first speaks.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "events/clock.h"
#include "output/message_packets.h"
#include "output/pcap.h"
#include "output/tcp_frame.h"

namespace socketrace {

class TcpPackets final : public MessagePackets {
 public:
  static Result<std::unique_ptr<MessagePackets>> open(const Dump& dump, WallClock clock);

  void put_header(Buffer& out) override { writer_.put_header(out); }
  bool put(Buffer& out, const Message& message) override;
  void put_closing(Buffer& out, const st_closing& closing) override;
  void put_footer(Buffer& out) override;

 private:
  // One end of a connection, and what it says.
  struct Speaker {
    uint64_t sock = 0;
    uint64_t inode = 0;
    TcpEnd end;
    uint32_t sequence = 0;    // of its next byte
    uint64_t lost_bytes = 0;  // of st_message, as far as `sequence` knows
    bool ended = false;
  };
  struct Connection {
    Speaker client, server;
    uint64_t last_ns = 0;
    Speaker& at(uint64_t sock) { return client.sock == sock ? client : server; }
    Speaker& other(const Speaker& one) { return &one == &client ? server : client; }
  };
  using Shared = std::shared_ptr<Connection>;

  TcpPackets(PcapWriter writer, const Dump& dump, WallClock clock)
      : writer_(std::move(writer)),
        by_receiver_(dump.recv),
        server_port_(dump.tcp_port),
        clock_(clock) {}

  Connection& connection_of(Buffer& out, const Message& message);
  Connection& begin(Buffer& out, const Message& message, bool local_speaks);
  void end(Buffer& out, Connection& connection, Speaker& speaker, uint64_t time_ns);
  void forget(Buffer& out, uint64_t sock, uint64_t time_ns);
  void forget_oldest(Buffer& out);
  TcpEnd next_client();
  void put_segment(Buffer& out, uint64_t time_ns, Connection& connection, Speaker& speaker,
                   uint8_t flags, std::span<const std::byte> payload = {}, uint32_t missing = 0);

  PcapWriter writer_;
  bool by_receiver_;  // what is shown is what was received
  uint16_t server_port_;
  WallClock clock_;
  std::unordered_map<uint64_t, Shared> by_sock_;  // both ends
  uint32_t clients_ = 0;
  std::vector<uint8_t> frame_;
};

}  // namespace socketrace
