// SPDX-License-Identifier: BSD-2-Clause
#include "format/message_text.h"

#include <sys/socket.h>

#include <cstring>
#include <ctime>

#include "base/escape.h"
#include "format/endpoint.h"
#include "format/payload.h"
#include "names/errno.h"

namespace socketrace {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kNsPerMillisecond = 1'000'000;

std::string_view type_name(unsigned type) {
  switch (type) {
    case SOCK_STREAM:
      return "stream";
    case SOCK_DGRAM:
      return "dgram";
    case SOCK_SEQPACKET:
      return "seqpacket";
    default:
      return {};
  }
}

void put_pid(Buffer& out, uint32_t pid) {
  if (pid == 0) {
    out.put('-');
  } else {
    out.put_number(pid);
  }
}

void put_inode(Buffer& out, std::string_view key, uint64_t inode) {
  out.put(key);
  if (inode == 0) {
    out.put('-');
  } else {
    out.put_number(inode);
  }
}

void put_result(Buffer& out, const st_message& head) {
  if (head.result >= 0) {
    if (static_cast<uint64_t>(head.result) < head.asked && (head.flags & ST_MSG_RECV) == 0) {
      out.put(" asked=");
      out.put_number(head.asked);
    }
    return;
  }
  out.put(" asked=");
  out.put_number(head.asked);
  out.put(" = ");
  out.put_number(head.result);
  if (const auto name = errno_name(static_cast<int>(-head.result)); !name.empty()) {
    out.put(" [");
    out.put(name);
    out.put(']');
  }
}

struct Word {
  uint32_t flag;
  std::string_view text;
};
constexpr Word kWords[] = {
    {ST_MSG_PEEK, " peek"},     {ST_MSG_OOB, " oob"},           {ST_MSG_LIMITED, " truncated"},
    {ST_MSG_FAULT, " EFAULT"},  {ST_MSG_SPLICED, " spliced"},   {ST_MSG_SEGMENTS, " segments"},
    {ST_MSG_CUT, " MSG_TRUNC"}, {ST_MSG_CTRUNC, " MSG_CTRUNC"}, {ST_MSG_CREDENTIALS, " creds"},
};

void put_extras(Buffer& out, const st_message& head) {
  put_inode(out, " inode=", head.local_inode);
  put_inode(out, " peer_inode=", head.peer_inode);
  out.put(" type=");
  if (const auto name = type_name(head.type); !name.empty()) {
    out.put(name);
  } else {
    out.put_number(head.type);
  }
  put_result(out, head);
  for (const Word& word : kWords) {
    if ((head.flags & word.flag) != 0) out.put(word.text);
  }
  if (head.fds != 0) {
    out.put(" fds=");
    out.put_number(head.fds);
  }
  if (head.lost != 0) {
    out.put(" lost=");
    out.put_number(head.lost);
  }
}

}  // namespace

std::string_view message_name(const st_message& head) {
  const std::string_view local(head.local_name, head.local_len);
  const std::string_view peer(head.peer_name, head.peer_len);
  const bool by_local = (head.flags & ST_MSG_PATH_LOCAL) != 0;
  const bool by_peer = (head.flags & ST_MSG_PATH_PEER) != 0;
  if (by_local != by_peer) return by_local ? local : peer;
  return local.empty() ? peer : local;
}

MessageText::MessageText(DumpFormat format, WallClock clock) : format_(format), clock_(clock) {
  tzset();  // reads /etc/localtime now: later no file can be opened (sandbox/confine.h)
}

void MessageText::put_time(Buffer& out, uint64_t time_ns) {
  const auto wall = clock_.at(time_ns);
  int64_t second = wall / kNsPerSecond;
  int64_t rest = wall % kNsPerSecond;
  if (rest < 0) {
    rest += kNsPerSecond;
    --second;
  }
  if (second != cached_second_) {
    cached_second_ = second;
    const auto time = static_cast<time_t>(second);
    tm calendar = {};
    localtime_r(&time, &calendar);
    cached_length_ = strftime(cached_text_, sizeof(cached_text_), "%H:%M:%S", &calendar);
  }
  out.put({cached_text_, cached_length_});
  const auto milliseconds = static_cast<unsigned>(rest / kNsPerMillisecond);
  const char text[] = {'.', static_cast<char>('0' + milliseconds / 100),
                       static_cast<char>('0' + milliseconds / 10 % 10),
                       static_cast<char>('0' + milliseconds % 10)};
  out.put(std::string_view(text, sizeof(text)));
}

void put_message_words(Buffer& out, const st_message& head) {
  out.put((head.flags & ST_MSG_RECV) != 0 ? "<<< process " : ">>> process ");
  // Spaces too: a name must not look like what follows it.
  put_escaped(out, {head.comm, strnlen(head.comm, ST_COMM_LEN)}, Spaces::escape);
  out.put(" [");
  put_pid(out, head.tgid);
  out.put(" -> ");
  if ((head.flags & ST_MSG_PEER_RECORDED) != 0) out.put('~');
  put_pid(out, head.peer_tgid);
  out.put("] path ");
  put_unix_name(out, message_name(head));
  out.put(" len ");
  out.put_number(head.captured);
  out.put('(');
  out.put_number(head.result > 0 ? head.result : 0);
  out.put(')');
  put_extras(out, head);
}

void MessageText::put(Buffer& out, const Message& message) {
  put_time(out, message.head->head.time_ns);
  out.put(' ');
  put_message_words(out, *message.head);
  out.put('\n');

  const std::string_view payload(reinterpret_cast<const char*>(message.payload.data()),
                                 message.payload.size());
  switch (format_) {
    case DumpFormat::hex:
      return put_hex(out, payload);
    case DumpFormat::hexstring:
      return put_hexstring(out, payload);
    case DumpFormat::string:
      return put_string(out, payload);
    case DumpFormat::pcap:
    case DumpFormat::pcapng:
    case DumpFormat::pcap_tcp:
      return;  // output/message_packets.h
  }
}

}  // namespace socketrace
