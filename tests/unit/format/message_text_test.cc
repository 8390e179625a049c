// SPDX-License-Identifier: BSD-2-Clause
#include "format/message_text.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string>

#include "../golden.h"
#include "format/payload.h"

using namespace socketrace;
using namespace std::string_literals;

namespace {

st_message head_of(const std::string& local, const std::string& peer) {
  st_message head = {};
  head.head.time_ns = 1'123'000'000;
  head.tgid = 4242;
  head.peer_tgid = 17;
  head.local_inode = 4711;
  head.peer_inode = 4712;
  head.type = SOCK_STREAM;
  std::strcpy(head.comm, "curl");
  head.local_len = static_cast<uint16_t>(local.size());
  head.peer_len = static_cast<uint16_t>(peer.size());
  std::memcpy(head.local_name, local.data(), local.size());
  std::memcpy(head.peer_name, peer.data(), peer.size());
  return head;
}

std::string text(DumpFormat format, st_message head, const std::string& payload,
                 int64_t result = -1'000'000) {
  head.captured = static_cast<uint32_t>(payload.size());
  head.result = result == -1'000'000 ? static_cast<int64_t>(payload.size()) : result;
  if (head.asked == 0) head.asked = payload.size();
  Buffer out(64);
  MessageText(format, 0).put(out, {&head, std::as_bytes(std::span(payload)), nullptr});
  return std::string(out.view());
}

}  // namespace

TEST_CASE("messages read as in tests/golden/messages.txt") {
  setenv("TZ", "UTC", 1);
  const std::string http = "HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
  const st_message plain = head_of("", "/run/docker.sock\0"s);
  std::string all;
  const auto add = [&](const std::string& title, const std::string& said) {
    all += "# " + title + "\n" + said;
  };
  add("hex", text(DumpFormat::hex, plain, http));
  add("hexstring", text(DumpFormat::hexstring, plain, http));
  add("string", text(DumpFormat::string, plain, http));
  add("string, UTF-8 and what is none",
      text(DumpFormat::string, plain,
           "caf\xc3\xa9 \xff \xc0\x80 \xed\xa0\x80 \xe2\x80\xae \x1b[2J\t\\"));
  add("nothing", text(DumpFormat::string, plain, ""));
  const std::string much = text(DumpFormat::hex, plain, std::string(65537, 'x'));
  add("the end of more than 64 KiB in hex", much.substr(much.rfind("\nfff0  ") + 1));

  st_message head = plain;
  head.flags = ST_MSG_RECV | ST_MSG_PEEK | ST_MSG_PEER_RECORDED | ST_MSG_CREDENTIALS;
  head.fds = 3;
  head.lost = 7;
  add("received, peeked, descriptors, losses before", text(DumpFormat::hex, head, "x"));
  head = plain;
  head.flags = ST_MSG_LIMITED | ST_MSG_OOB;
  head.asked = 100;
  add("partial and limited", text(DumpFormat::hex, head, "x", 50));
  head = plain;
  head.asked = 100;
  head.peer_tgid = 0;
  add("failed, peer unknown", text(DumpFormat::hex, head, "", -11));
  head = head_of("\0a\0b c"s, "");
  head.type = SOCK_DGRAM;
  head.flags = ST_MSG_SPLICED | ST_MSG_FAULT | ST_MSG_SEGMENTS | ST_MSG_CUT | ST_MSG_CTRUNC;
  add("an abstract name, and every mark", text(DumpFormat::hex, head, "", 50));
  head = head_of("/a\n\x1b[2J >>> b\xff", "/peer");
  head.flags = ST_MSG_PATH_LOCAL;
  std::memcpy(head.comm, "] path x\n\xff\xff\xff\xff\xff\xff\xff", 16);
  add("hostile names", text(DumpFormat::hex, head, "x"));
  head.flags = ST_MSG_PATH_PEER;
  head.type = SOCK_SEQPACKET;
  head.local_inode = head.peer_inode = 0;
  add("it was the peer's name that matched", text(DumpFormat::hex, head, "x"));
  add("pair without names", text(DumpFormat::hex, head_of("", ""), "x"));
  check_golden("messages.txt", all);
}

// As printf makes it, one byte after the other.
std::string hex_rows(std::string_view bytes) {
  std::string rows;
  char word[24];
  for (size_t at = 0; at < bytes.size(); at += 16) {
    const std::string_view row = bytes.substr(at, 16);
    std::snprintf(word, sizeof word, "%04zx ", at);
    rows += word;
    for (size_t i = 0; i < 16; ++i) {
      if (i == 8) rows += ' ';
      std::snprintf(word, sizeof word, " %02x", i < row.size() ? row[i] & 0xff : 0);
      rows += i < row.size() ? word : "   ";
    }
    rows += "  ";
    for (const char c : row) rows += c >= 0x20 && c < 0x7f ? c : '.';
    rows += '\n';
  }
  return rows;
}

TEST_CASE("hex is every byte in its column, whatever the length") {
  std::string bytes;
  while (bytes.size() < 300) {
    bytes += static_cast<char>(bytes.size() * 7);
    Buffer out(16);
    put_hex(out, bytes);
    CHECK(out.view() == hex_rows(bytes));
  }
  bytes.resize(0x100011, 'x');  // offsets of up to six digits
  Buffer out(16);
  put_hex(out, bytes);
  CHECK((out.view() == hex_rows(bytes)));
}

TEST_CASE("a hexstring is every byte") {
  std::string bytes;
  std::string wanted;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
    char text[5];
    std::snprintf(text, sizeof text, "\\x%02x", byte);
    wanted += text;
  }
  Buffer out(16);
  put_hexstring(out, bytes);
  CHECK(out.view() == wanted + "\n");
}

TEST_CASE("no line of a string can be taken for a header") {
  Buffer out(16);
  put_string(out, "a\n12:00:00.000 >>> process x\n\nb");
  CHECK(out.view() == "\ta\\n\n\t12:00:00.000 >>> process x\\n\n\t\\n\n\tb\n");
}
