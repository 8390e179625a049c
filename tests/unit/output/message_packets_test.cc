// SPDX-License-Identifier: BSD-2-Clause
#include "output/message_packets.h"

#include <doctest/doctest.h>
#include <pcap/pcap.h>

#include <cstdio>
#include <cstring>
#include <span>
#include <string>

#include "base/fd.h"

using namespace socketrace;
using namespace std::string_literals;

namespace {

// Reads the packets back with libpcap.
struct Reader {
  explicit Reader(const Buffer& buffer) : bytes(buffer.view()) {
    char error[PCAP_ERRBUF_SIZE];
    pcap.reset(pcap_fopen_offline(fmemopen(bytes.data(), bytes.size(), "r"), error));
  }
  std::string next() {
    const u_char* packet = pcap_next(pcap.get(), &header);
    if (packet == nullptr) return "";
    return {reinterpret_cast<const char*>(packet), header.caplen};
  }
  std::string bytes;
  Owned<pcap_t, pcap_close> pcap;
  pcap_pkthdr header = {};
};

}  // namespace

TEST_CASE("packets are laid out as by sockdump, source and destination the right way round") {
  Dump dump;
  dump.format = DumpFormat::pcap;
  auto opened = MessagePackets::open(dump, 0);
  REQUIRE(opened);
  MessagePackets* packets = opened->get();
  Buffer out(16);
  packets->put_header(out);
  st_message head = {};
  head.head.time_ns = 1'700'000'000'123'456'789;
  head.tgid = 0x0102;
  head.peer_tgid = 0x0304;
  head.peer_len = 7;
  std::memcpy(head.peer_name, "/run/x\0", 7);
  const std::string payload = "hello";
  head.captured = 5;
  head.result = 9;  // four bytes more than were kept
  const Message message = {&head, std::as_bytes(std::span(payload)), nullptr};
  packets->put(out, message);
  head.flags = ST_MSG_RECV;
  packets->put(out, message);

  Reader reader(out);
  REQUIRE(reader.pcap);
  CHECK(pcap_datalink(reader.pcap.get()) == 147);
  const std::string path = "\6/run/x"s + std::string(102, '\0');
  const std::string mine = "\0\0\0\0\0\0\1\2"s;
  const std::string theirs = "\0\0\0\0\0\0\3\4"s;
  CHECK(reader.next() == path + theirs + mine + payload);
  CHECK(reader.header.len == 125 + 9);
  CHECK(reader.header.ts.tv_sec == 1'700'000'000);
  CHECK(reader.header.ts.tv_usec == 123'456);
  CHECK(reader.next() == path + mine + theirs + payload);
  CHECK(reader.next().empty());
}
