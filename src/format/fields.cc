// SPDX-License-Identifier: BSD-2-Clause
#include "format/fields.h"

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "format/endpoint.h"
#include "names/families.h"
#include "names/socket.h"

namespace socketrace {
namespace {

bool has(const st_event& event, unsigned flag) {
  return (event.flags & flag) != 0;
}

// A struct sock was there and filled in, be it a mini one.
bool sock_was_read(const st_event& event) {
  return event.sock != 0 && !has(event, ST_HIT_NO_OBJECT | ST_HIT_FRESH) &&
         event.family != AF_UNSPEC;
}

// Zero means "not known" here.
void put_number_or_dash(Buffer& out, uint64_t number) {
  if (number == 0) {
    out.put('-');
  } else {
    out.put_number(number);
  }
}

// " key=42", or " key=-" when the part was not read.
void put_field(Buffer& out, std::string_view key, bool was_read, uint64_t number) {
  out.put(key);
  if (was_read) {
    out.put_number(number);
  } else {
    out.put('-');
  }
}

// What of socket and sk_buff arguments was missing on the way to the sock.
std::string_view missing(const st_event& event) {
  if (event.object == 0 && event.kind == ST_KIND_SOCKET) return " socket=NULL";
  if (event.object == 0 && event.kind == ST_KIND_SK_BUFF) return " skb=NULL";
  return " sock=NULL";
}

// What the socket says where the packet says otherwise, and whom an ICMP error is about.
void put_more(Buffer& out, const st_more& more) {
  if (more.sock.family != AF_UNSPEC) {
    out.put(" sock=");
    put_more_ends(out, more.sock);
  }
  if (more.sock_netns != 0) {
    out.put(" sock_netns=");
    out.put_number(more.sock_netns);
  }
  if (more.about.family != AF_UNSPEC) {
    out.put(" about=");
    put_more_ends(out, more.about);
  }
}

void put_context(Buffer& out, const st_event& event) {
  if (!has(event, ST_HIT_CONTEXT_KNOWN)) return;
  if (has(event, ST_HIT_HARDIRQ)) {
    out.put(" context=hardirq");
  } else if (has(event, ST_HIT_SOFTIRQ)) {
    out.put(" context=softirq");
  }
}

void put_marks(Buffer& out, const st_event& event) {
  if (has(event, ST_HIT_REQUEST)) out.put(" mini=request");
  if (has(event, ST_HIT_TIMEWAIT)) out.put(" mini=timewait");
  if (has(event, ST_HIT_FROM_HEADERS)) out.put(" from=headers");
  if (has(event, ST_HIT_NO_OBJECT)) out.put(missing(event));
  if (has(event, ST_HIT_FRESH)) {
    // A packet without a sock and without an IP header: not built yet, or ARP.
    out.put(event.sock == 0 ? " headers=none" : " sock=fresh");
  }
  put_context(out, event);
}

}  // namespace

void put_meta(Buffer& out, const Hit& hit) {
  const st_event& event = *hit.event;
  out.put(' ');
  put_endpoints(out, hit);
  out.put(" netns=");
  put_number_or_dash(out, event.netns);
  if (event.family == AF_UNSPEC) {
    out.put(" family=- protocol=-");
  } else {
    out.put(" family=");
    put_name(out, family_name(event.family), event.family);
    out.put(" protocol=");
    put_name(out, protocol_name_in(event.family, event.protocol), event.protocol);
  }
  if (event.family == AF_UNIX) {
    const st_unix none = {};
    const st_unix& names = hit.unix_names != nullptr ? *hit.unix_names : none;
    out.put(" inode=");
    put_number_or_dash(out, names.local_inode);
    out.put(" peer_inode=");
    put_number_or_dash(out, names.peer_inode);
  }
  if (hit.more != nullptr) put_more(out, *hit.more);
  // Nearly every hit is of a plain socket in a plain context.
  constexpr unsigned kMarked = ST_HIT_REQUEST | ST_HIT_TIMEWAIT | ST_HIT_FROM_HEADERS |
                               ST_HIT_NO_OBJECT | ST_HIT_FRESH | ST_HIT_SOFTIRQ | ST_HIT_HARDIRQ;
  if (has(event, kMarked)) put_marks(out, event);
}

void put_sock_common(Buffer& out, const Hit& hit) {
  const st_event& event = *hit.event;
  if (!sock_was_read(event)) {
    out.put(" state=- reuseport=- bound_ifindex=-");
    return;
  }
  out.put(" state=");
  put_name(out, sock_state_name(event.family, event.state), event.state);
  out.put(has(event, ST_HIT_REUSEPORT) ? std::string_view(" reuseport=true")
                                       : std::string_view(" reuseport=false"));
  out.put(" bound_ifindex=");
  out.put_number(event.ifindex);
}

void put_sock_info(Buffer& out, const Hit& hit) {
  const st_event& event = *hit.event;
  const st_details none = {};
  const st_details& details = hit.details != nullptr ? *hit.details : none;
  const bool full = details.has_sock != 0;
  put_field(out, " rx_dst_ifindex=", full, details.rx_dst_ifindex);
  put_field(out, " backlog_len=", full, details.backlog_len);
  put_field(out, " rcv_buff=", full, details.rcvbuf);
  put_field(out, " snd_buff=", full, details.sndbuf);
  put_field(out, " priority=", full, details.priority);
  // Mini sockets and packets have a mark too.
  put_field(out, " mark=", event.family != AF_UNSPEC || event.mark != 0, event.mark);
  if (hit.more != nullptr && hit.more->packet_mark != 0) {
    put_field(out, " packet_mark=", true, hit.more->packet_mark);
  }
  put_field(out, " type=", event.type != 0, event.type);
}

void put_socket_info(Buffer& out, const Hit& hit) {
  if (hit.details == nullptr || hit.details->has_socket == 0) {
    out.put(" state=- type=- flags=- f_ino=-");
    return;
  }
  const st_details& details = *hit.details;
  out.put(" state=");
  put_name(out, socket_state_name(details.socket_state), details.socket_state);
  out.put(" type=");
  put_name(out, socket_type_name(details.socket_type), details.socket_type);
  out.put(" flags=");
  out.put_number(details.socket_flags);
  out.put(" f_ino=");
  out.put_number(details.file_inode);
}

}  // namespace socketrace
