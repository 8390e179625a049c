// SPDX-License-Identifier: BSD-2-Clause
#include "format/connect_line.h"

#include <sys/socket.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <string_view>

#include "base/escape.h"
#include "format/connect_result.h"
#include "format/ip.h"
#include "names/families.h"
#include "names/socket.h"

namespace socketrace {
namespace {

// Of what is usual: a longer text moves the rest of its line, nothing is cut.
constexpr size_t kFamilyWidth = 10;
constexpr size_t kPidWidth = 6;
constexpr size_t kProgramWidth = 34;
constexpr size_t kUserWidth = 16;
constexpr size_t kDestinationWidth = 24;
constexpr size_t kResultWidth = 13;
constexpr size_t kLatencyWidth = 8;
constexpr size_t kHostWidth = 32;
// soconnect(8): "%-6s %-16s FAM %-16s %-5s %8s %s"
constexpr size_t kCommWidth = 16;
constexpr size_t kFamilyNumberWidth = 3;
constexpr size_t kAddressWidth = 16;
constexpr size_t kPortWidth = 5;

// Pads what `put_text` puts, and a space.
template <std::invocable PutText>
void put_cell(Buffer& out, size_t width, PutText put_text) {
  const size_t start = out.size();
  put_text();
  out.pad_to(start, width);
  out.put(' ');
}
void put_cell(Buffer& out, size_t width, std::string_view text) {
  put_cell(out, width, [&] { out.put(text); });
}
void put_cell(Buffer& out, size_t width, uint64_t number) {
  put_cell(out, width, [&] { out.put_number(number); });
}

// Microseconds, to the right.
void put_latency(Buffer& out, const st_connect& told) {
  Buffer text(24);
  if ((told.flags & ST_CONNECT_LATE) != 0) text.put('<');
  text.put_number(told.latency_ns / 1000);
  if (text.size() < kLatencyWidth) out.put_repeated(' ', kLatencyWidth - text.size());
  out.put(text.view());
}

std::string_view comm_of(const st_connect& told) {
  return {told.event.comm, strnlen(told.event.comm, ST_COMM_LEN)};
}

// Without the first, which is the program's own name.
void put_args(Buffer& out, const Attempt& attempt) {
  std::string_view rest = attempt.args;
  rest.remove_prefix(std::min(rest.find('\0'), rest.size()));
  while (rest.size() > 1) {
    rest.remove_prefix(1);
    const std::string_view one = rest.substr(0, rest.find('\0'));
    out.put(' ');
    put_escaped(out, one);
    rest.remove_prefix(one.size());
  }
  if ((attempt.told->flags & ST_CONNECT_ARGS_CUT) != 0) out.put("...");
}

TimestampStyle style_of(const View& view, const Connect& wanted) {
  if (view.timestamp != TimestampStyle::none || wanted.style == ConnectStyle::soconnect) {
    return view.timestamp;
  }
  return TimestampStyle::time_of_day;
}

}  // namespace

Destination destination_of(const st_connect& told) {
  SocketAddress address;
  if ((told.flags & ST_CONNECT_NO_ADDRESS) != 0) address.read = SocketAddress::Read::null;
  if ((told.flags & ST_CONNECT_FAULT) != 0) address.read = SocketAddress::Read::fault;
  address.length = told.address_length;
  address.bytes = {reinterpret_cast<const char*>(told.address), told.address_taken};
  address.protocol = told.event.protocol;
  if ((told.flags & ST_CONNECT_ENDS) == 0) return destination(address, nullptr);
  const End own = remote_end(told.event);
  return destination(address, &own);
}

void put_program(Buffer& out, const Attempt& attempt) {
  if (attempt.exe.empty()) {
    const bool kernel = (attempt.told->flags & ST_CONNECT_KERNEL) != 0;
    out.put(kernel ? '[' : '(');
    put_escaped(out, comm_of(*attempt.told), Spaces::escape);
    out.put(kernel ? ']' : ')');
    return;
  }
  const uint32_t flags = attempt.told->flags;
  if ((flags & ST_CONNECT_EXE_CUT) != 0) out.put("...");
  std::string_view rest = attempt.exe;
  if (rest.back() == '\0') rest.remove_suffix(1);
  while (true) {
    const size_t before = rest.rfind('\0');
    if ((flags & ST_CONNECT_EXE_MEMORY) == 0) out.put('/');
    put_escaped(out, rest.substr(before == rest.npos ? 0 : before + 1), Spaces::escape);
    if (before == rest.npos) break;
    rest = rest.substr(0, before);
  }
  if ((flags & ST_CONNECT_EXE_MEMORY) == 0 && (flags & ST_CONNECT_EXE_DELETED) != 0) {
    out.put("(deleted)");
  }
  if (attempt.told->mount_ns != 0) {
    out.put("@mnt:");
    out.put_number(attempt.told->mount_ns);
  }
}

void put_histogram_key(Buffer& out, const Attempt& attempt, HistogramBy by) {
  if (by == HistogramBy::process) return put_program(out, attempt);
  const Destination to = destination_of(*attempt.told);
  if (to.end && is_inet(to.end->family)) {
    out.put("port ");
    return out.put_number(to.end->port);
  }
  if (to.named.has_family()) return put_family_alone(out, to.family());
  out.put("no address");
}

ConnectFormat::ConnectFormat(const View& view, const Connect& wanted, const Users& users,
                             const AsTable* networks, WallClock clock)
    : wanted_(wanted), users_(users), networks_(networks), time_(style_of(view, wanted), clock) {}

void ConnectFormat::put_header(Buffer& out) const {
  time_.put_header(out);
  if (wanted_.style == ConnectStyle::soconnect) {
    out.put("PID    PROCESS          FAM ADDRESS          PORT   LAT(us) RESULT\n");
    return;
  }
  put_table_header(out);
}

void ConnectFormat::put_table_header(Buffer& out) const {
  put_cell(out, kFamilyWidth, "AF");
  put_cell(out, kPidWidth, "PID");
  put_cell(out, kProgramWidth, "PROCESS");
  put_cell(out, kUserWidth, "USER");
  put_cell(out, kDestinationWidth, "DESTINATION");
  put_cell(out, kResultWidth, "RESULT");
  out.put(" LAT(us)");
  if (wanted_.host) {
    out.put(' ');
    const size_t start = out.size();
    out.put("HOST");
    if (networks_ != nullptr) out.pad_to(start, kHostWidth);
  }
  if (networks_ != nullptr) out.put(" AS-INFO");
  out.put('\n');
}

void ConnectFormat::put_attempt(Buffer& out, const Attempt& attempt) {
  time_.put(out, attempt.told->event.time_ns);
  if (wanted_.style == ConnectStyle::soconnect) {
    put_soconnect_row(out, attempt);
  } else {
    put_table_row(out, attempt);
  }
  out.put('\n');
}

void ConnectFormat::put_user(Buffer& out, uint32_t uid) const {
  const std::string_view name = users_.name_of(uid);
  if (name.empty()) {
    out.put_number(uid);
  } else {
    put_escaped(out, name, Spaces::escape);
  }
}

void ConnectFormat::put_network(Buffer& out, const Destination& to) const {
  const size_t start = out.size();
  const auto& end = to.end;
  if (end && end->family == AF_INET) networks_->put_ipv4(out, end->address.bytes);
  if (end && end->family == AF_INET6) networks_->put_ipv6(out, end->address.bytes);
  if (out.size() == start) out.put('-');
}

void ConnectFormat::put_table_row(Buffer& out, const Attempt& attempt) {
  const st_connect& told = *attempt.told;
  const Destination to = destination_of(told);
  put_cell(out, kFamilyWidth, [&] {
    if (to.end || to.named.has_family()) {
      put_family_alone(out, to.family());
    } else {
      out.put('-');
    }
  });
  put_cell(out, kPidWidth, uint64_t{told.event.tgid});
  put_cell(out, kProgramWidth, [&] {
    put_program(out, attempt);
    if (wanted_.args) put_args(out, attempt);
  });
  put_cell(out, kUserWidth, [&] {
    put_user(out, told.uid);
    if (told.uid == told.real_uid) return;
    out.put('(');
    put_user(out, told.real_uid);
    out.put(')');
  });
  put_cell(out, kDestinationWidth, [&] { put_destination(out, to); });
  put_cell(out, kResultWidth, [&] { put_result(out, told); });
  put_latency(out, told);
  if (wanted_.host) {
    out.put(' ');
    const size_t start = out.size();
    if (attempt.host_is_foreign) out.put('~');
    put_escaped(out, attempt.host.empty() ? "-" : attempt.host, Spaces::escape);
    if (networks_ != nullptr) out.pad_to(start, kHostWidth);
  }
  if (networks_ != nullptr) {
    out.put(' ');
    put_network(out, to);
  }
  put_change_of_address(out, to);
}

void ConnectFormat::put_soconnect_row(Buffer& out, const Attempt& attempt) {
  const st_connect& told = *attempt.told;
  const Destination to = destination_of(told);
  const auto& end = to.end;
  const bool inet = end && is_inet(end->family);
  put_cell(out, kPidWidth, uint64_t{told.event.tgid});
  put_cell(out, kCommWidth, [&] { put_escaped(out, comm_of(told)); });
  put_cell(out, kFamilyNumberWidth, uint64_t{to.family()});
  put_cell(out, kAddressWidth, [&] {
    if (!inet) return put_destination(out, to);
    if (end->family == AF_INET) return put_ipv4(out, end->address.bytes);
    put_ipv6(out, end->address.bytes);
  });
  put_cell(out, kPortWidth, [&] {
    if (inet) {
      out.put_number(end->port);
    } else {
      out.put('-');
    }
  });
  put_latency(out, told);
  out.put(' ');
  put_soconnect_result(out, told);
  put_change_of_address(out, to);
}

}  // namespace socketrace
