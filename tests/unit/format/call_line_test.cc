// SPDX-License-Identifier: BSD-2-Clause
#include "format/call_line.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/unit/golden.h"

using namespace socketrace;
using namespace std::string_view_literals;

namespace {

void put_ends(st_event& event, unsigned family, unsigned protocol, const char* local,
              uint16_t local_port, const char* remote, uint16_t remote_port) {
  event.sock = 0xffff888100000000;
  event.family = static_cast<uint16_t>(family);
  event.protocol = static_cast<uint16_t>(protocol);
  REQUIRE(inet_pton(static_cast<int>(family), local, event.local.bytes) == 1);
  REQUIRE(inet_pton(static_cast<int>(family), remote, event.remote.bytes) == 1);
  event.local_port = local_port;
  event.remote_port = remote_port;
}

void put_process(st_event& event, std::string_view comm) {
  event.tgid = event.tid = 4242;
  event.time_ns = 12'345'678'901'234;
  comm.copy(event.comm, sizeof(event.comm));
}

struct Call {
  st_call_record record = {};

  Call(st_call call, int fd, int64_t result, std::string_view comm = "curl") {
    record.event.length = offsetof(st_call_record, unix_names);
    record.event.func = call;
    put_process(record.event, comm);
    record.fd = fd;
    record.result = result;
  }
  Call& inet(const char* local, uint16_t local_port, const char* remote, uint16_t remote_port) {
    put_ends(record.event, AF_INET, IPPROTO_TCP, local, local_port, remote, remote_port);
    return *this;
  }
  Call& inet6(const char* local, uint16_t local_port, const char* remote, uint16_t remote_port) {
    put_ends(record.event, AF_INET6, IPPROTO_TCP, local, local_port, remote, remote_port);
    return *this;
  }
  Call& family(unsigned family, unsigned protocol = 0) {
    record.event.sock = 1;
    record.event.family = static_cast<uint16_t>(family);
    record.event.protocol = static_cast<uint16_t>(protocol);
    return *this;
  }
  Call& names(std::string_view local, std::string_view peer, bool has_peer = true) {
    family(AF_UNIX);
    record.event.length = sizeof(record);
    record.event.sections = ST_SECTION_UNIX;
    if (has_peer) record.event.flags |= ST_HIT_PEER_NAME;
    st_unix& names = record.unix_names;
    names.local_len = static_cast<uint16_t>(local.copy(names.local_name, ST_UNIX_NAME_LEN));
    names.peer_len = static_cast<uint16_t>(peer.copy(names.peer_name, ST_UNIX_NAME_LEN));
    return *this;
  }
  Call& given(std::string_view bytes) {
    record.address_read = ST_ADDRESS_READ;
    record.address_length = static_cast<uint32_t>(bytes.size());
    record.address_taken = static_cast<uint8_t>(
        bytes.copy(reinterpret_cast<char*>(record.address), sizeof(record.address)));
    return *this;
  }
  Call& read(st_address_read how, uint32_t length = 0) {
    record.address_read = how;
    record.address_length = length;
    return *this;
  }
  Call& message(uint32_t number, uint32_t of, uint32_t bytes) {
    record.message = number;
    record.messages = of;
    record.message_bytes = bytes;
    return *this;
  }
};

st_state_change change(unsigned old, unsigned now, unsigned protocol = IPPROTO_TCP) {
  st_state_change change = {};
  change.event.length = sizeof(change);
  change.event.func = ST_CALL_STATE;
  put_process(change.event, "curl");
  put_ends(change.event, AF_INET, protocol, "192.168.0.2", 0, "192.30.255.113", 443);
  change.event.state = static_cast<uint8_t>(now);
  change.old_state = static_cast<uint8_t>(old);
  return change;
}

// Through the decoder: what is printed is what it lets pass.
std::string line_of(const void* record, size_t size, TimestampStyle style = TimestampStyle::none) {
  CallEvent event;
  REQUIRE(decode_call({static_cast<const std::byte*>(record), size}, event));
  Buffer out(16);
  CallLine(style, 0).put(out, event);
  return std::string(out.view());
}
std::string line_of(const Call& call) {
  return line_of(&call.record, sizeof(call.record));
}
std::string line_of(const st_state_change& change) {
  return line_of(&change, sizeof(change));
}

constexpr auto kWeb = "\2\0\x01\xbb\xc0\x1e\xff\x71\0\0\0\0\0\0\0\0"sv;  // 192.30.255.113:443
constexpr auto kDns = "\2\0\0\x35\x08\x08\x08\x08\0\0\0\0\0\0\0\0"sv;    // 8.8.8.8:53
constexpr auto kWeb6 = "\x0a\0\x01\xbb\0\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0"sv;

void put_calls(std::string& text) {
  const auto add = [&](const char* what, const Call& call) {
    text += "# " + std::string(what) + '\n' + line_of(call);
  };
  add("sockwho's own example", Call(ST_CALL_CONNECT, 5, -EINPROGRESS).given(kWeb));
  add("IPv6", Call(ST_CALL_CONNECT, 5, 0).given(kWeb6));
  add("bind", Call(ST_CALL_BIND, 3, -EADDRINUSE).given(kWeb));
  add("no address", Call(ST_CALL_CONNECT, 5, -EINVAL).read(ST_ADDRESS_NULL));
  add("an address that cannot be read", Call(ST_CALL_BIND, 5, -EFAULT).read(ST_ADDRESS_FAULT, 16));
  add("half a family", Call(ST_CALL_BIND, 5, -EINVAL).given("\2"sv));
  add("disconnect", Call(ST_CALL_CONNECT, 5, 0).given("\0\0"sv));
  add("bluetooth", Call(ST_CALL_CONNECT, 5, -EHOSTDOWN).given("\x1f\0\1\0\1\2\3\4\5\6"sv));
  add("a family that nobody knows", Call(ST_CALL_CONNECT, 5, -EAFNOSUPPORT).given("\x39\0\7"sv));
  add("an errno without a name", Call(ST_CALL_CONNECT, 5, -4000).given(kWeb));
  add("no errno", Call(ST_CALL_CONNECT, 5, -5000).given(kWeb));
  add("interrupted", Call(ST_CALL_CONNECT, 5, -512).given(kWeb));
  add("listen", Call(ST_CALL_LISTEN, 3, 0).inet("0.0.0.0", 80, "0.0.0.0", 0));
  add("listen on no socket", Call(ST_CALL_LISTEN, 3, -ENOTSOCK));
  add("accept", Call(ST_CALL_ACCEPT, 3, 0).inet("10.0.0.1", 80, "10.0.0.2", 4444));
  add("accept4", Call(ST_CALL_ACCEPT4, 3, 7).inet6("::1", 80, "fe80::2", 4444));
  add("accept, nobody there", Call(ST_CALL_ACCEPT4, 3, -EAGAIN).inet("0.0.0.0", 80, "0.0.0.0", 0));
  add("accept of bluetooth", Call(ST_CALL_ACCEPT, 3, 8).family(AF_BLUETOOTH));
  add("sendto", Call(ST_CALL_SENDTO, 5, 40).inet("0.0.0.0", 999, "0.0.0.0", 0).given(kDns));
  add("sendto of a connected socket",
      Call(ST_CALL_SENDTO, 5, 40).inet("10.0.0.1", 9, "10.0.0.2", 53).read(ST_ADDRESS_NULL));
  add("sendto to nobody", Call(ST_CALL_SENDTO, 5, -EDESTADDRREQ)
                              .inet("0.0.0.0", 9, "0.0.0.0", 0)
                              .read(ST_ADDRESS_NULL));
  add("recvfrom", Call(ST_CALL_RECVFROM, 5, 40).inet("0.0.0.0", 9, "8.8.8.8", 53).given(kDns));
  add("recvfrom, failed, connected",
      Call(ST_CALL_RECVFROM, 5, -EAGAIN).inet("10.0.0.1", 9, "10.0.0.2", 53));
  add("sendmsg of netlink",
      Call(ST_CALL_SENDMSG, 5, 20).family(AF_NETLINK, 0).read(ST_ADDRESS_NULL));
  add("recvmsg of an unknown family",
      Call(ST_CALL_RECVMSG, 5, 20).family(57).read(ST_ADDRESS_NULL));
  add("sendmmsg", Call(ST_CALL_SENDMMSG, 5, 4).given(kDns).message(1, 4, 1200));
  add("recvmmsg, failed", Call(ST_CALL_RECVMMSG, 5, -EAGAIN).inet("0.0.0.0", 9, "0.0.0.0", 0));
  add("unix path", Call(ST_CALL_CONNECT, 5, -ENOENT).given("\1\0/run/x y\n\0"sv));
  add("unix, abstract", Call(ST_CALL_BIND, 5, 0).given("\1\0\0a\0b"sv));
  add("unix, unnamed", Call(ST_CALL_BIND, 5, 0).given("\1\0"sv));
  add("unix accept", Call(ST_CALL_ACCEPT4, 5, 6).names("/run/x\0"sv, ""));
  add("unix peer", Call(ST_CALL_SENDMSG, 5, 6).names("", "\0x"sv).read(ST_ADDRESS_NULL));
  add("unix, no peer",
      Call(ST_CALL_SENDMSG, 5, -ENOTCONN).names("", "", false).read(ST_ADDRESS_NULL));
  add("close", Call(ST_CALL_CLOSE, 5, 0).inet("10.0.0.1", 9, "10.0.0.2", 53));
  add("close, unix", Call(ST_CALL_CLOSE, 5, 0).names("/run/x\0"sv, "", false));
  add("a hostile name", Call(ST_CALL_CONNECT, 5, 0, "a/b\x1b[31m\\").given(kWeb));
}

}  // namespace

// tests/golden/calls.txt: what each record reads as.
TEST_CASE("calls and changes of state, line by line") {
  std::string text;
  put_calls(text);
  const auto add = [&](const char* what, const st_state_change& change) {
    text += "# " + std::string(what) + '\n' + line_of(change);
  };
  add("sockwho's own example", change(7, 2));
  add("the newest state", change(13, 12));
  add("a state of the future", change(7, 99));
  add("not TCP", change(7, 10, 262));
  add("not TCP, no name", change(7, 10, 253));
  st_state_change unknown = change(2, 1);
  unknown.event.tgid = 0;
  std::memset(unknown.event.comm, 0, sizeof(unknown.event.comm));
  add("nobody's", unknown);
  check_golden("calls.txt", text);
}

TEST_CASE("a line begins with the time when asked for") {
  const st_state_change record = change(7, 2);
  CHECK(line_of(&record, sizeof(record), TimestampStyle::monotonic).starts_with("12345.678901 "));
}
