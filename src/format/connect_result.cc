// SPDX-License-Identifier: BSD-2-Clause
#include "format/connect_result.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "names/errno.h"

namespace socketrace {
namespace {

struct Text {
  int errnum;
  std::string_view text;
};
constexpr std::array kSoconnectTexts = {
    Text{0, "Success"},
    Text{EPERM, "Permission denied"},
    Text{EINTR, "Interrupted"},
    Text{EBADF, "Invalid sockfd"},
    Text{EAGAIN, "Routing cache insuff."},
    Text{EACCES, "Perm. denied (EACCES)"},
    Text{EFAULT, "Sock struct addr invalid"},
    Text{ENOTSOCK, "FD not a socket"},
    Text{EPROTOTYPE, "Socket protocol error"},
    Text{EAFNOSUPPORT, "Address family invalid"},
    Text{EADDRINUSE, "Local addr in use"},
    Text{EADDRNOTAVAIL, "No port available"},
    Text{ENETUNREACH, "Network unreachable"},
    Text{EISCONN, "Already connected"},
    Text{ETIMEDOUT, "Timeout"},
    Text{ECONNREFUSED, "Connect refused"},
    Text{EALREADY, "Not yet completed"},
    Text{EINPROGRESS, "In progress"},
};

// 0 for what is no error number.
int errnum_of(const st_connect& told) {
  return told.result < 0 && told.result >= -4095 ? -told.result : 0;
}

void put_errno(Buffer& out, const st_connect& told) {
  const std::string_view name = errno_name(errnum_of(told));
  if (name.empty()) {
    out.put_number(told.result);
  } else {
    out.put(name);
  }
}

constexpr uint32_t kNotFollowed = ST_CONNECT_DEFERRED | ST_CONNECT_UNFOLLOWED;

// Neither success nor an error number says it.
bool put_other_end(Buffer& out, const st_connect& told, std::string_view closed,
                   std::string_view deferred) {
  if ((told.flags & ST_CONNECT_CLOSED) != 0) {
    out.put(closed);
  } else if ((told.flags & kNotFollowed) == kNotFollowed) {
    out.put(deferred);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void put_result(Buffer& out, const st_connect& told) {
  if (put_other_end(out, told, "CLOSED", "DEFERRED")) return;
  if (told.result == 0) return out.put("OK");
  put_errno(out, told);
}

void put_soconnect_result(Buffer& out, const st_connect& told) {
  if (put_other_end(out, told, "Closed", "Deferred")) return;
  for (const Text& known : kSoconnectTexts) {
    if (known.errnum == -int64_t{told.result}) return out.put(known.text);
  }
  put_errno(out, told);
}

}  // namespace socketrace
