// SPDX-License-Identifier: BSD-2-Clause
// Where a call went: what it named is in the program's memory, where another thread may write, and
// a BPF program of the host (cgroup/connect4) may send it elsewhere; of IP the socket itself knows.
#pragma once

#include <optional>

#include "base/buffer.h"
#include "bpf/contract/event.h"
#include "format/endpoint.h"
#include "format/sockaddr.h"

namespace socketrace {

struct Destination {
  SocketAddress named;
  std::optional<End> end;  // nullopt: another family, or nothing that could be read
  bool changed = false;    // `named` says otherwise, and not just "any address" or "any port"

  unsigned family() const { return end ? end->family : named.family(); }
};

// One end of an IP socket. Its port is 0 where it has none.
End remote_end(const st_event& event);
End local_end(const st_event& event);

// `own`: the end that the socket has by now; NULL: not known.
Destination destination(const SocketAddress& named, const End* own);

void put_destination(Buffer& out, const Destination& destination);

// " address changed (named 192.0.2.1:80)", where it was.
void put_change_of_address(Buffer& out, const Destination& destination);

}  // namespace socketrace
