// SPDX-License-Identifier: BSD-2-Clause
#include "format/call_line.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/escape.h"
#include "format/destination.h"
#include "format/endpoint.h"
#include "format/sockaddr.h"
#include "names/errno.h"
#include "names/families.h"
#include "names/socket.h"

namespace socketrace {
namespace {

constexpr std::array<std::string_view, ST_CALL_STATE> kCalls = {
    "bind",     "connect", "listen",  "accept",   "accept4",  "sendto",
    "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "close"};
static_assert(kCalls[ST_CALL_ACCEPT4] == "accept4" && kCalls[ST_CALL_RECVMMSG] == "recvmmsg" &&
              kCalls[ST_CALL_CLOSE] == "close");

// As sockwho spells them; the last one came with 6.8 (91051f003948).
constexpr std::array<std::string_view, 14> kStates = {
    "",         "Established", "SynSent",        "SynReceived",  "FinWait1",
    "FinWait2", "TimeWait",    "Close",          "CloseWait",    "LastAck",
    "Listen",   "Closing",     "NewSynReceived", "BoundInactive"};
static_assert(!kStates.back().empty());

void put_state(Buffer& out, unsigned state) {
  put_name(out, state < kStates.size() ? kStates[state] : std::string_view(), state);
}

// "curl/4242"; "-/-": whose socket it is was not seen.
void put_process(Buffer& out, const st_event& event) {
  if (event.tgid == 0 && event.comm[0] == '\0') {
    out.put("-/-");
    return;
  }
  put_escaped(out, {event.comm, strnlen(event.comm, ST_COMM_LEN)});
  out.put('/');
  out.put_number(event.tgid);
}

Hit hit_of(const st_call_record& record) {
  Hit hit;
  hit.event = &record.event;
  if ((record.event.sections & ST_SECTION_UNIX) != 0) hit.unix_names = &record.unix_names;
  return hit;
}

bool has_socket(const st_event& event) {
  return event.sock != 0 && event.family != AF_UNSPEC;
}

// Is there somebody that a message without an address goes to, or comes from?
bool has_peer(const st_event& event) {
  const auto is_set = [&](size_t bytes) {
    const auto* begin = event.remote.bytes;
    return std::any_of(begin, begin + bytes, [](uint8_t byte) { return byte != 0; });
  };
  switch (event.family) {
    case AF_INET:
      return event.remote_port != 0 || is_set(4);
    case AF_INET6:
      return event.remote_port != 0 || is_set(16);
    case AF_UNIX:
      return (event.flags & ST_HIT_PEER_NAME) != 0;
    case AF_NETLINK:  // without a connect it is the kernel: port 0
    case AF_VSOCK:
      return true;
    default:
      return false;
  }
}

bool knows_ends(unsigned family) {
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX || family == AF_NETLINK ||
         family == AF_PACKET || family == AF_VSOCK;
}

void put_peer(Buffer& out, const st_call_record& record) {
  if (has_socket(record.event) && has_peer(record.event)) {
    out.put("peer ");
    put_remote(out, hit_of(record));
  } else if (has_socket(record.event) && !knows_ends(record.event.family)) {
    put_family_alone(out, record.event.family);
  } else {
    out.put("NULL");
  }
}

// The end that the socket has got by this call; nullopt: none.
std::optional<End> end_made(const st_call_record& record) {
  const st_event& event = record.event;
  if (!is_inet(event.family)) return std::nullopt;
  if (event.func == ST_CALL_BIND && record.result == 0) return local_end(event);
  const bool made = record.result == 0 || record.result == -EINPROGRESS;
  if (event.func == ST_CALL_CONNECT && made && has_peer(event)) return remote_end(event);
  return std::nullopt;
}

Destination destination_of(const st_call_record& record) {
  SocketAddress address;
  address.read = record.address_read == ST_ADDRESS_READ ? SocketAddress::Read::yes
                                                        : SocketAddress::Read::fault;
  address.length = record.address_length;
  address.bytes = {reinterpret_cast<const char*>(record.address), record.address_taken};
  address.protocol = record.event.protocol;
  const std::optional<End> made = end_made(record);
  return destination(address, made ? &*made : nullptr);
}

// Of a bind to any address and port what was asked for: the other calls tell what came of it.
void put_given(Buffer& out, const st_call_record& record, const Destination& to) {
  if (record.event.func == ST_CALL_BIND && !to.changed) return put_sockaddr(out, to.named);
  put_destination(out, to);
}

void put_both_ends(Buffer& out, const Hit& hit) {
  put_local(out, hit);
  out.put(" <-> ");
  put_remote(out, hit);
}

// What stands between the parentheses.
void put_address(Buffer& out, const st_call_record& record, const Destination& to) {
  switch (record.event.func) {
    case ST_CALL_LISTEN:
      return has_socket(record.event) ? put_local(out, hit_of(record)) : out.put('-');
    case ST_CALL_ACCEPT:
    case ST_CALL_ACCEPT4:
      return record.result >= 0 && has_socket(record.event) ? put_remote(out, hit_of(record))
                                                            : out.put('-');
    case ST_CALL_CLOSE:
      return put_both_ends(out, hit_of(record));
    case ST_CALL_BIND:
    case ST_CALL_CONNECT:
      return record.address_read == ST_ADDRESS_NULL ? out.put("NULL") : put_given(out, record, to);
    default:
      break;
  }
  if (record.address_read == ST_ADDRESS_READ || record.address_read == ST_ADDRESS_FAULT) {
    return put_given(out, record, to);
  }
  put_peer(out, record);
}

void put_result(Buffer& out, const st_call_record& record) {
  constexpr int64_t kMostErrno = 4095;
  out.put(" = ");
  out.put_number(record.result);
  if (record.result >= 0 || record.result < -kMostErrno) return;
  const std::string_view name = errno_name(static_cast<int>(-record.result));
  if (name.empty()) return;
  out.put(" [");
  out.put(name);
  out.put(']');
}

void put_call(Buffer& out, const st_call_record& record) {
  const Destination to = destination_of(record);
  put_process(out, record.event);
  out.put('/');
  out.put_number(record.fd);
  out.put(" syscall::");
  out.put(kCalls[record.event.func]);
  out.put('(');
  put_address(out, record, to);
  out.put(')');
  put_result(out, record);
  put_change_of_address(out, to);
  if (record.messages == 0) return;
  out.put(" message=");
  out.put_number(record.message + 1);
  out.put('/');
  out.put_number(record.messages);
  out.put(" bytes=");
  out.put_number(record.message_bytes);
}

void put_change(Buffer& out, const st_state_change& change) {
  const st_event& event = change.event;
  Hit hit;
  hit.event = &event;
  put_process(out, event);
  out.put(" socket::set_state(");
  put_both_ends(out, hit);
  out.put(") ");
  put_state(out, change.old_state);
  out.put(" -> ");
  put_state(out, event.state);
  if (event.protocol == IPPROTO_TCP) return;
  out.put(" protocol=");
  put_name(out, protocol_name_in(event.family, event.protocol), event.protocol);
}

}  // namespace

void CallLine::put(Buffer& out, const CallEvent& event) {
  time_.put(out, event.call != nullptr ? event.call->event.time_ns : event.change->event.time_ns);
  if (event.call != nullptr) {
    put_call(out, *event.call);
  } else {
    put_change(out, *event.change);
  }
  out.put('\n');
}

}  // namespace socketrace
