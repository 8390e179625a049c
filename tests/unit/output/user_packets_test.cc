// SPDX-License-Identifier: BSD-2-Clause
#include "output/user_packets.h"

#include <cstring>
#include <string>

#include "said.h"

using namespace socketrace;

namespace {

// Wireshark's table of user packets: 125 bytes of ours, then HTTP.
constexpr char kAsHttp[] =
    "-o 'uat:user_dlts:\"User 0 (DLT=147)\",\"http\",\"125\",\"\",\"0\",\"\"' "
    "-T fields -e http.request.uri";

// Wireshark 4.4 writes a backslash in a field as two, 4.0 as it is.
std::string with_single_backslashes(std::string text) {
  for (size_t at = 0; (at = text.find("\\\\", at)) != std::string::npos; ++at) text.erase(at, 1);
  return text;
}

}  // namespace

TEST_CASE_WITH_TSHARK("tshark reads pcap, and what is said by its table of user packets") {
  auto file = said::open(DumpFormat::pcap);
  file.say(said::File::head(true), "GET /_ping HTTP/1.1\r\n\r\n");
  file.say(said::File::head(false), "xy", 100);
  CHECK(file.fields("frame", "-e frame.time_epoch -e frame.len -e frame.cap_len") ==
        "1700000000.123456000\t148\t148\n1700000000.123456000\t225\t127\n");
  CHECK(file.read_by_tshark(kAsHttp) == "/_ping\n\n");
}

TEST_CASE_WITH_TSHARK("tshark reads pcapng: time, lengths, direction, and all else in a comment") {
  auto file = said::open(DumpFormat::pcapng);
  st_message head = said::File::head(true);
  std::memcpy(head.comm, "cu\x1b\xffrl", 7);
  file.say(head, "GET /_ping HTTP/1.1\r\n\r\n");
  head = said::File::head(false);
  head.flags |= ST_MSG_RECV | ST_MSG_LIMITED | ST_MSG_PEER_RECORDED;
  head.fds = 2;
  file.say(head, "xyz", 100);
  head = said::File::head(true);
  head.asked = 5;
  file.say(head, "");
  CHECK(with_single_backslashes(file.fields(
            "frame",
            "-e frame.time_epoch -e frame.len -e frame.cap_len "
            "-e frame.packet_flags_direction -e frame.interface_name -e frame.comment")) ==
        "1700000000.123456789\t148\t148\t0x00000002\tunix\t"
        ">>> process cu\\x1b\\xffrl [16909060 -> 17] path /run/x.sock len 23(23) inode=1100 "
        "peer_inode=1200 type=stream\n"
        "1700000000.123456789\t225\t128\t0x00000001\tunix\t"
        "<<< process dockerd [17 -> ~16909060] path /run/x.sock len 3(100) inode=1200 "
        "peer_inode=1100 type=stream truncated fds=2\n"
        "1700000000.123456789\t125\t125\t0x00000002\tunix\t"
        ">>> process curl [16909060 -> 17] path /run/x.sock len 0(0) inode=1100 "
        "peer_inode=1200 type=stream\n");
  CHECK(file.read_by_tshark(kAsHttp) == "/_ping\n\n\n");
}

TEST_CASE_WITH_TSHARK("packets of every length end where blocks begin") {
  auto file = said::open(DumpFormat::pcapng);
  std::string lengths;
  for (size_t length = 0; length < 9; ++length) {
    file.say(said::File::head(true), std::string(length, 'x'));
    lengths += std::to_string(125 + length) + "\n";
  }
  CHECK(file.fields("frame", "-e frame.cap_len") == lengths);
}
