// SPDX-License-Identifier: BSD-2-Clause
#include "output/tcp_packets.h"

#include <string>

#include "said.h"

using namespace socketrace;
using said::File;

namespace {

constexpr char kRequest[] = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
// What Wireshark finds wrong with sequence and acknowledgement numbers, and with checksums.
constexpr char kWrong[] =
    "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0";
constexpr char kSums[] = "-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE ";

std::string wrong(const File& file) {
  return file.read_by_tshark(kSums + std::string("-Y '") + kWrong + "'");
}

// A request that is split, as its answer is, both longer than a packet can be.
void exchange(File& file, uint64_t connection = 0) {
  const std::string body(200'000, 'b');
  const std::string length = "Content-Length: 200000\r\n\r\n";
  file.say(File::head(true, connection), "POST /images HTTP/1.1\r\nHost: docker\r\n" + length);
  file.say(File::head(true, connection), body);
  file.say(File::head(false, connection), "HTTP/1.1 200 OK\r\n" + length + body);
}

}  // namespace

TEST_CASE_WITH_TSHARK("an HTTP exchange dissects as HTTP, and nothing about its TCP is wrong") {
  auto file = said::open(DumpFormat::pcap_tcp);
  exchange(file);
  file.close(100);
  file.close(200);
  CHECK(
      file.fields("http", "-e http.request.method -e http.response.code -e http.content_length") ==
      "POST\t\t200000\n\t200\t200000\n");
  // Wireshark 4.4 tells the request's URI with the response, too; 4.0 does not.
  CHECK(file.fields("http.request", "-e http.request.uri") == "/images\n");
  CHECK(wrong(file).empty());
  CHECK(file.read_by_tshark(std::string(kSums) + "-Y 'tcp.checksum.status != 1'").empty());
  // 3 to begin, 1, 4 and 4 segments, FIN, FIN, and the last word.
  CHECK(
      file.fields("tcp.flags.fin == 1 || tcp.flags.syn == 1 || frame.number == 15",
                  "-e frame.number -e ip.src -e tcp.srcport -e tcp.flags -e tcp.seq -e tcp.ack") ==
      "1\t127.0.0.2\t58000\t0x0002\t0\t0\n"
      "2\t127.0.0.1\t80\t0x0012\t0\t1\n"
      "13\t127.0.0.2\t58000\t0x0011\t200064\t200044\n"
      "14\t127.0.0.1\t80\t0x0011\t200044\t200065\n"
      "15\t127.0.0.2\t58000\t0x0010\t200065\t200045\n");
  CHECK(file.fields("http", "-e eth.src -e eth.dst") ==
        "02:00:01:02:03:04\t02:00:00:00:00:11\n02:00:00:00:00:11\t02:00:01:02:03:04\n");
}

TEST_CASE_WITH_TSHARK("the same by what was received, but for what was only peeked at") {
  Dump dump;
  dump.format = DumpFormat::pcap_tcp;
  dump.send = false;
  dump.recv = true;
  File file(dump);
  st_message peek = File::head(false);
  peek.flags |= ST_MSG_PEEK;
  CHECK(!file.say(peek, "GET"));
  CHECK(file.say(File::head(false), kRequest));
  CHECK(file.say(File::head(true), "HTTP/1.0 200 OK\r\n\r\nuntil the end"));
  file.close(100);  // the server's words end
  CHECK(file.fields("http", "-e ip.src -e http.response.code") == "127.0.0.2\t\n127.0.0.1\t200\n");
  CHECK(file.fields("http.request", "-e http.request.uri") == "/_ping\n");
  file.end();
  CHECK(file.fields("tcp.flags.fin == 1", "-e ip.src") == "127.0.0.1\n127.0.0.2\n");
  CHECK(wrong(file).empty());
}

TEST_CASE_WITH_TSHARK(
    "HTTP/2 at port 80, what is not HTTP at none of Wireshark's, or where one says") {
  auto file = said::open(DumpFormat::pcap_tcp);
  const std::string preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  file.say(File::head(true), preface);
  file.say(File::head(true, 1), "AUTH EXTERNAL 30\r\n");
  CHECK(file.fields("tcp.len > 0", "-e tcp.dstport -e http2.type") == "80\t4\n49152\t\n");

  Dump dump;
  dump.format = DumpFormat::pcap_tcp;
  dump.tcp_port = 6379;
  File redis(dump);
  redis.say(File::head(true), "*1\r\n$4\r\nPING\r\n");
  redis.say(File::head(false), "+PONG\r\n");
  CHECK(redis.fields("tcp.len > 0", "-e tcp.srcport -e tcp.dstport") ==
        "58000\t6379\n6379\t58000\n");
}

TEST_CASE_WITH_TSHARK("what was lost or not captured is missing in the conversation, too") {
  auto file = said::open(DumpFormat::pcap_tcp);
  st_message head = File::head(true);
  file.say(head, "one");
  head.lost = 1;
  head.lost_bytes = 10;
  file.say(head, "two");
  file.say(head, "three", 100'000);
  file.say(head, "four");
  CHECK(file.fields("tcp.len > 0", "-e tcp.seq -e tcp.len -e frame.cap_len -e frame.len") ==
        "1\t3\t57\t57\n14\t3\t57\t57\n17\t65495\t59\t65549\n65512\t34505\t54\t34559\n"
        "100017\t4\t58\t58\n");
  CHECK(file.fields("tcp.analysis.flags", "-e frame.number") == "5\n");  // before "two"
}

TEST_CASE_WITH_TSHARK("sockets at the same addresses are another conversation") {
  auto file = said::open(DumpFormat::pcap_tcp);
  file.say(File::head(true), "GET /1 HTTP/1.1\r\n\r\n");
  st_message again = File::head(true);
  again.local_inode = 77;
  file.say(again, "GET /2 HTTP/1.1\r\n\r\n");  // its close was not told
  file.close(100);
  file.close(200);
  again.local_inode = 78;
  file.say(again, "GET /3 HTTP/1.1\r\n\r\n");
  // Not accepted yet, then accepted: still the same.
  st_message early = File::head(true, 5);
  early.peer_inode = 0;
  file.say(early, "GET /4 HTTP/1.1\r\n\r\n");
  file.say(File::head(true, 5), "GET /5 HTTP/1.1\r\n\r\n");
  file.end();
  CHECK(file.fields("http", "-e tcp.stream -e tcp.srcport -e http.request.uri") ==
        "0\t58000\t/1\n1\t58001\t/2\n2\t58002\t/3\n3\t58003\t/4\n3\t58003\t/5\n");
  CHECK(file.fields("tcp.flags.fin == 1", "-e tcp.stream").size() == 8 * 2);
  CHECK(wrong(file).empty());
}

TEST_CASE_WITH_TSHARK("conversations that never end are ended, oldest first") {
  auto file = said::open(DumpFormat::pcap_tcp);
  for (uint64_t n = 0; n < 8200; ++n) {
    st_message head = File::head(true, n * 1000);
    head.head.time_ns += n * 1000;
    file.say(head, "x");
  }
  CHECK(file.fields("tcp.flags.fin == 1 && ip.src == 127.0.0.1", "-e tcp.dstport").substr(0, 12) ==
        "58000\n58001\n");
  file.end();
  CHECK(file.fields("tcp.flags.fin == 1 && frame.number > 1", "-e frame.number").size() > 8200);
}
