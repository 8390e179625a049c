// SPDX-License-Identifier: BSD-2-Clause
// A conversation for tests, and what tshark (of Debian's package, installed by scripts/test) reads
// in the file that became of it.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <sstream>
#include <string>

#include "output/message_packets.h"

// A test that reads its packets back needs Wireshark's reader, and says where there is none: such a
// test is skipped before it runs, and doctest counts it among the skipped ones.
#define TEST_CASE_WITH_TSHARK(name) TEST_CASE(name* doctest::skip(!said::have_tshark()))

namespace said {

// Told once: doctest asks while it registers the tests, that is before main().
inline bool have_tshark() {
  static const bool have = [] {
    if (std::system("command -v tshark >/dev/null 2>&1") == 0) return true;
    std::fputs("no tshark here (Debian's package of that name): tests that need it are skipped\n",
               stdout);
    return false;
  }();
  return have;
}

constexpr uint32_t kClientPid = 0x01020304;
constexpr uint32_t kServerPid = 17;

// Bytes of a file, put together message by message.
class File {
 public:
  explicit File(const socketrace::Dump& dump) : received_(dump.recv) {
    auto opened = socketrace::MessagePackets::open(dump, 0);
    REQUIRE(opened);
    packets_ = std::move(*opened);
    packets_->put_header(out_);
  }

  // Of a connection between sockets 100 + N (the client's) and 200 + N (of /run/x.sock).
  static st_message head(bool client, uint64_t connection = 0) {
    st_message head = {};
    head.head.time_ns = 1'700'000'000'123'456'789;
    head.sock = (client ? 100 : 200) + connection;
    head.peer_sock = (client ? 200 : 100) + connection;
    head.local_inode = head.sock + 1000;
    head.peer_inode = head.peer_sock + 1000;
    head.tgid = client ? kClientPid : kServerPid;
    head.peer_tgid = client ? kServerPid : kClientPid;
    head.type = SOCK_STREAM;
    head.flags = ST_MSG_PEER_KNOWN;
    std::strcpy(head.comm, client ? "curl" : "dockerd");
    char* name = client ? head.peer_name : head.local_name;
    std::strcpy(name, "/run/x.sock");
    (client ? head.peer_len : head.local_len) = 12;
    return head;
  }
  // `length` -1: all of it was captured.
  bool say(st_message head, const std::string& payload, int64_t length = -1) {
    head.captured = static_cast<uint32_t>(payload.size());
    head.result = length < 0 ? static_cast<int64_t>(payload.size()) : length;
    head.asked = static_cast<uint64_t>(head.result);
    if (received_) head.flags |= ST_MSG_RECV;
    return packets_->put(out_, {&head, std::as_bytes(std::span(payload)), nullptr});
  }
  void close(uint64_t sock) {
    st_closing closing = {};
    closing.head.time_ns = 1'700'000'001'000'000'000;
    closing.sock = sock;
    packets_->put_closing(out_, closing);
  }
  void end() { packets_->put_footer(out_); }

  // What `tshark -r FILE ARGUMENTS` prints.
  std::string read_by_tshark(const std::string& arguments) const {
    std::string path = "/tmp/socketrace-said-XXXXXX";
    const int fd = mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    const std::string words = path + ".err";
    std::ofstream(path, std::ios::binary) << out_.view();
    FILE* pipe = popen(
        ("LC_ALL=C TZ=UTC tshark -n -r " + path + " " + arguments + " 2>" + words).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    for (int c = getc(pipe); c != EOF; c = getc(pipe)) text += static_cast<char>(c);
    const int status = pclose(pipe);
    std::ostringstream error;
    error << std::ifstream(words).rdbuf();
    unlink(path.c_str());
    unlink(words.c_str());
    INFO("tshark: ", error.str());
    REQUIRE(status == 0);
    return text;
  }
  // Fields of the packets that match, tabs between them, a line each.
  std::string fields(const std::string& filter, const std::string& names) const {
    return read_by_tshark("-Y '" + filter + "' -T fields " + names);
  }

 private:
  bool received_;
  std::unique_ptr<socketrace::MessagePackets> packets_;
  socketrace::Buffer out_{64};
};

inline File open(socketrace::DumpFormat format) {
  socketrace::Dump dump;
  dump.format = format;
  return File(dump);
}

}  // namespace said
