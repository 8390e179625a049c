// SPDX-License-Identifier: BSD-2-Clause
// One attempt to connect -> one line.
#pragma once

#include <cstdint>

#include "base/buffer.h"
#include "cli/invocation.h"
#include "events/clock.h"
#include "events/decode_connect.h"
#include "format/destination.h"
#include "format/timestamp.h"
#include "names/as_table.h"
#include "names/users.h"

namespace socketrace {

class ConnectFormat {
 public:
  // `users` and `networks` are borrowed; without `networks` there is no column AS-INFO.
  ConnectFormat(const View& view, const Connect& wanted, const Users& users,
                const AsTable* networks, WallClock clock);

  void put_header(Buffer& out) const;
  void put_attempt(Buffer& out, const Attempt& attempt);

 private:
  void put_table_header(Buffer& out) const;
  void put_table_row(Buffer& out, const Attempt& attempt);
  void put_soconnect_row(Buffer& out, const Attempt& attempt);
  void put_user(Buffer& out, uint32_t uid) const;
  void put_network(Buffer& out, const Destination& to) const;

  const Connect wanted_;
  const Users& users_;
  const AsTable* networks_;
  TimeColumn time_;
};

// Where to, as the caller gave it or the kernel went.
Destination destination_of(const st_connect& told);

// "/usr/bin/curl", "[kworker/0:1]" for a thread of the kernel, "(curl)" where the path is not
// known; the beginning of a path that is too long is "...". "/usr/bin/curl(deleted)" is there no
// more, "memfd:NAME" never was, and the path of "/usr/bin/curl@mnt:4026532288" is that of another
// mount namespace.
void put_program(Buffer& out, const Attempt& attempt);

// "port 443", "AF_UNIX" where there are no ports; "/usr/bin/curl".
void put_histogram_key(Buffer& out, const Attempt& attempt, HistogramBy by);

}  // namespace socketrace
