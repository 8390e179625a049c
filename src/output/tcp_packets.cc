// SPDX-License-Identifier: BSD-2-Clause
#include "output/tcp_packets.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace socketrace {
namespace {

constexpr int kLinkTypeEthernet = 1;
constexpr uint32_t kServerAddress = 0x7f000001;
// Nothing in Wireshark claims these: it goes by the lower port first, and then by the other.
constexpr uint16_t kFirstClientPort = 58000;
constexpr uint32_t kClientPorts = 65536 - kFirstClientPort;
constexpr uint16_t kPortOfNothing = 49152;
constexpr uint16_t kPortOfHttp = 80;
constexpr size_t kMostConnections = 16384;

// At port 80 Wireshark looks for the preface of HTTP/2 as well, and nowhere else.
bool begins_as_http(std::span<const std::byte> payload) {
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  constexpr std::string_view kBeginnings[] = {"GET ",     "POST ",  "HEAD ",    "PUT ",
                                              "DELETE ",  "PATCH ", "OPTIONS ", "TRACE ",
                                              "CONNECT ", "PRI * ", "HTTP/1."};
  return std::ranges::any_of(kBeginnings,
                             [&](std::string_view one) { return text.starts_with(one); });
}

// A receiver that was told more than it got (MSG_TRUNC) is not given the rest.
uint64_t length_of(const Message& message) {
  const st_message& head = *message.head;
  const auto result = static_cast<uint64_t>(std::max<int64_t>(head.result, 0));
  const uint64_t length =
      (head.flags & ST_MSG_CUT) != 0 ? std::min<uint64_t>(result, head.asked) : result;
  return std::max<uint64_t>(length, message.payload.size());
}

}  // namespace

Result<std::unique_ptr<MessagePackets>> TcpPackets::open(const Dump& dump, WallClock clock) {
  PcapWriter writer = TRY(PcapWriter::open(kLinkTypeEthernet, kMostTcpFrame));
  return std::unique_ptr<MessagePackets>(new TcpPackets(std::move(writer), dump, clock));
}

bool TcpPackets::put(Buffer& out, const Message& message) {
  const st_message& head = *message.head;
  if (head.result <= 0 || (head.flags & ST_MSG_PEEK) != 0) return false;
  Connection& connection = connection_of(out, message);
  Speaker& local = connection.at(head.sock);
  Speaker& speaker = by_receiver_ ? connection.other(local) : local;
  // A hole in the numbers: Wireshark tells that a segment was not captured.
  speaker.sequence += static_cast<uint32_t>(head.lost_bytes - speaker.lost_bytes);
  speaker.lost_bytes = head.lost_bytes;

  const uint64_t length = length_of(message);
  for (uint64_t at = 0; at < length;) {
    const auto size = static_cast<uint32_t>(std::min<uint64_t>(kMostTcpPayload, length - at));
    const auto rest = message.payload.subspan(std::min<uint64_t>(at, message.payload.size()));
    const auto payload = rest.first(std::min<size_t>(size, rest.size()));
    at += size;
    put_segment(out, head.head.time_ns, connection, speaker,
                at == length ? kTcpAck | kTcpPush : kTcpAck, payload,
                size - static_cast<uint32_t>(payload.size()));
  }
  return true;
}

// The one that is known, if it is the same sockets': their addresses are used again.
TcpPackets::Connection& TcpPackets::connection_of(Buffer& out, const Message& message) {
  const st_message& head = *message.head;
  if (const auto found = by_sock_.find(head.sock); found != by_sock_.end()) {
    Connection& connection = *found->second;
    Speaker& local = connection.at(head.sock);
    Speaker& peer = connection.other(local);
    const auto agree = [](uint64_t& known, uint64_t now) {
      if (known == 0) known = now;  // accepted meanwhile
      return now == 0 || known == now;
    };
    const bool ended = by_receiver_ ? peer.ended : local.ended;
    if (!ended && (head.peer_sock == 0 || head.peer_sock == peer.sock) &&
        agree(local.inode, head.local_inode) && agree(peer.inode, head.peer_inode)) {
      local.end.id = head.tgid;
      if (head.peer_tgid != 0) peer.end.id = head.peer_tgid;
      connection.last_ns = head.head.time_ns;
      return connection;
    }
  }
  return begin(out, message, !by_receiver_);
}

TcpPackets::Connection& TcpPackets::begin(Buffer& out, const Message& message, bool local_speaks) {
  const st_message& head = *message.head;
  const uint64_t time_ns = head.head.time_ns;
  forget(out, head.sock, time_ns);
  forget(out, head.peer_sock, time_ns);
  if (by_sock_.size() >= kMostConnections) forget_oldest(out);

  const bool one_named = (head.local_len != 0) != (head.peer_len != 0);
  const bool local_serves = one_named ? head.local_len != 0 : !local_speaks;
  uint16_t port = server_port_;
  if (port == 0) port = begins_as_http(message.payload) ? kPortOfHttp : kPortOfNothing;

  const auto shared = std::make_shared<Connection>();
  Connection& connection = *shared;
  connection.last_ns = time_ns;
  connection.client.end = next_client();
  connection.server.end = {0, kServerAddress, port};
  Speaker& local = local_serves ? connection.server : connection.client;
  Speaker& peer = connection.other(local);
  local.sock = head.sock;
  local.inode = head.local_inode;
  local.end.id = head.tgid;
  peer.sock = head.peer_sock;
  peer.inode = head.peer_inode;
  peer.end.id = head.peer_tgid;
  // Sockets without a number share their account of losses: what is there is not this one's.
  if (head.local_inode == 0) (local_speaks ? local : peer).lost_bytes = head.lost_bytes;
  by_sock_[head.sock] = shared;
  if (head.peer_sock != 0) by_sock_[head.peer_sock] = shared;

  put_segment(out, time_ns, connection, connection.client, kTcpSyn);
  put_segment(out, time_ns, connection, connection.server, kTcpSyn | kTcpAck);
  put_segment(out, time_ns, connection, connection.client, kTcpAck);
  return connection;
}

// A close is the end of what that end says, and of what it hears.
void TcpPackets::put_closing(Buffer& out, const st_closing& closing) {
  const auto found = by_sock_.find(closing.sock);
  if (found == by_sock_.end()) return;
  Connection& connection = *found->second;
  Speaker& local = connection.at(closing.sock);
  end(out, connection, by_receiver_ ? connection.other(local) : local, closing.head.time_ns);
  if (local.ended && connection.other(local).ended) {
    forget(out, closing.sock, closing.head.time_ns);
  }
}

void TcpPackets::put_footer(Buffer& out) {
  while (!by_sock_.empty()) {
    forget(out, by_sock_.begin()->first, by_sock_.begin()->second->last_ns);
  }
}

void TcpPackets::end(Buffer& out, Connection& connection, Speaker& speaker, uint64_t time_ns) {
  if (speaker.ended) return;
  put_segment(out, time_ns, connection, speaker, kTcpFin | kTcpAck);
  speaker.ended = true;
  Speaker& other = connection.other(speaker);
  if (other.ended) put_segment(out, time_ns, connection, other, kTcpAck);
}

void TcpPackets::forget(Buffer& out, uint64_t sock, uint64_t time_ns) {
  const auto found = by_sock_.find(sock);
  if (found == by_sock_.end()) return;
  const Shared connection = found->second;
  end(out, *connection, connection->client, time_ns);
  end(out, *connection, connection->server, time_ns);
  by_sock_.erase(connection->client.sock);
  by_sock_.erase(connection->server.sock);
}

void TcpPackets::forget_oldest(Buffer& out) {
  const auto oldest =
      std::ranges::min_element(by_sock_, {}, [](const auto& one) { return one.second->last_ns; });
  forget(out, oldest->first, oldest->second->last_ns);
}

TcpEnd TcpPackets::next_client() {
  const uint32_t number = clients_++;
  return {0, kServerAddress + 1 + number / kClientPorts,
          static_cast<uint16_t>(kFirstClientPort + number % kClientPorts)};
}

void TcpPackets::put_segment(Buffer& out, uint64_t time_ns, Connection& connection,
                             Speaker& speaker, uint8_t flags, std::span<const std::byte> payload,
                             uint32_t missing) {
  const Speaker& other = connection.other(speaker);
  build_tcp_frame(frame_, {.source = speaker.end,
                           .destination = other.end,
                           .sequence = speaker.sequence,
                           .acknowledged = (flags & kTcpAck) != 0 ? other.sequence : 0,
                           .flags = flags,
                           .payload = payload,
                           .missing = missing});
  writer_.put_packet(out, clock_.at(time_ns), frame_, frame_.size() + missing);
  speaker.sequence += static_cast<uint32_t>(payload.size()) + missing;
  if ((flags & (kTcpSyn | kTcpFin)) != 0) ++speaker.sequence;
}

}  // namespace socketrace
