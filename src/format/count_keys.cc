// SPDX-License-Identifier: BSD-2-Clause
#include "format/count_keys.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/escape.h"
#include "format/counts.h"
#include "format/endpoint.h"
#include "names/families.h"
#include "names/socket.h"

namespace socketrace {
namespace {

constexpr std::array<std::string_view, ST_OUTCOME_COUNT> kOutcomes = {
    "accept", "accept failed", "connect", "connect failed", "connect started"};
static_assert(!kOutcomes.back().empty());
constexpr size_t kOutcomeWidth = kOutcomes.back().size();

template <size_t Size>
std::string_view until_nul(const char (&text)[Size]) {
  return {text, strnlen(text, Size)};
}

void put_comm(Buffer& out, const st_count_key& key) {
  const std::string_view comm = until_nul(key.comm);
  // A name must not look like the fields behind it.
  put_escaped(out, comm, comm.find(", ") == comm.npos ? Spaces::keep : Spaces::escape);
}

// As its family numbers it; a family without names of its own for its protocols gives its name, but
// unix what soprotocol(8) calls it.
void put_protocol(Buffer& out, const st_count_key& key) {
  const std::string_view name = protocol_name_in(key.family, key.protocol);
  out.put_number(key.protocol);
  out.put(", ");
  if (key.family == AF_UNIX) {
    out.put("IPPROTO_UNIX");
  } else if (!name.empty()) {
    out.put(name);
  } else if (is_inet(key.family) || key.family == AF_NETLINK) {
    out.put_number(key.protocol);
  } else {
    put_family_alone(out, key.family);
  }
  out.put(", ");
  const std::string_view provider = until_nul(key.provider);
  put_escaped(out, provider.empty() ? "-" : provider, Spaces::escape);  // no socket: no provider
}

void put_address(Buffer& out, const st_count_key& key) {
  if (key.unnamed != 0) return out.put('-');
  if (!is_inet(key.family) && key.family != AF_UNIX) return put_family_alone(out, key.family);
  End end;
  end.family = key.family;
  end.has_port = false;
  end.address = key.address;
  end.unix_name = {key.name, std::min<size_t>(key.name_length, ST_UNIX_NAME_LEN)};
  put_end(out, end);
}

void put_key(Buffer& out, const st_count_key& key, st_count_by by) {
  put_comm(out, key);
  if (by == ST_BY_COMM) return;
  out.put(", ");
  switch (by) {
    case ST_BY_FAMILY:
      out.put_number(key.family);
      out.put(", ");
      return put_family_alone(out, key.family);
    case ST_BY_PROTOCOL:
      return put_protocol(out, key);
    case ST_BY_PID:
      return out.put_number(key.tgid);
    case ST_BY_PORT:
      if (!is_inet(key.family)) return put_family_alone(out, key.family);
      if (key.unnamed != 0) return out.put('-');
      return out.put_number(key.port);
    case ST_BY_ADDR:
      return put_address(out, key);
    case ST_BY_COMM:
      break;
  }
}

}  // namespace

std::vector<std::string> key_lines(const std::vector<KeyCounts>& counted, st_count_by by) {
  std::vector<std::string> lines;
  for (size_t outcome = 0; outcome < ST_OUTCOME_COUNT; ++outcome) {
    std::vector<Counted> group;
    for (const KeyCounts& one : counted) {
      if (one.counts[outcome] == 0) continue;
      Buffer text(128);
      put_key(text, one.key, by);
      group.push_back({std::string(text.view()), one.counts[outcome]});
    }
    sort_counted(group);
    for (const Counted& one : group) {
      lines.push_back(
          fmt::format("{:<{}} {}: {}\n", kOutcomes[outcome], kOutcomeWidth, one.name, one.count));
    }
  }
  return lines;
}

}  // namespace socketrace
