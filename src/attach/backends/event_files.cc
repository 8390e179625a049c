// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/event_files.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <system_error>

#include "select/lines.h"

namespace socketrace {
namespace {

struct flock byte_of(uint64_t owner) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(owner);
  lock.l_len = 1;
  return lock;
}

// "p:socketrace_123/sock_1_0 _text+0x1234": the name between the colon and the space.
std::string_view event_name(std::string_view line) {
  const size_t colon = line.find(':');
  const size_t space = line.find(' ');
  if (colon == std::string_view::npos || space == std::string_view::npos || space < colon)
    return {};
  return line.substr(colon + 1, space - colon - 1);
}

}  // namespace

Result<EventFiles> open_event_files(const KernelFiles& files) {
  int errnum = ENOENT;
  for (const std::string& root : files.tracefs) {
    // Never with O_TRUNC: that removes every probe event of the host.
    Fd fd(open((root + "/kprobe_events").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (fd) return EventFiles{root, std::move(fd)};
    if (errno != ENOENT) errnum = errno;
  }
  return Error::from_errno(files.tracefs[0] + "/kprobe_events", errnum);
}

int give_command(const Fd& commands, const std::string& line) {
  constexpr int kTries = 100;  // a command that was interrupted has not been taken
  ssize_t written = -1;
  for (int tries = 0; written < 0 && tries < kTries; tries++) {
    written = write(commands.get(), line.data(), line.size());
    if (written < 0 && errno != EINTR && errno != EAGAIN) break;
  }
  if (written < 0) return errno;
  return static_cast<size_t>(written) == line.size() ? 0 : EIO;
}

bool lock_owner(const Fd& commands, uint64_t owner) {
  struct flock lock = byte_of(owner);
  return fcntl(commands.get(), F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES);
}

bool owner_is_alive(const Fd& commands, uint64_t owner) {
  // Of our own pid namespace, or somebody who takes no locks.
  if (owner <= INT_MAX && (kill(static_cast<pid_t>(owner), 0) == 0 || errno == EPERM)) return true;
  struct flock lock = byte_of(owner);
  return fcntl(commands.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::vector<NumberedEvent> numbered_events(std::string_view listing) {
  constexpr std::string_view kPrefix = "socketrace_";
  std::vector<NumberedEvent> events;
  std::string_view line;
  while (next_line(listing, line)) {
    const std::string_view name = event_name(line);
    if (!name.starts_with(kPrefix)) continue;
    const size_t slash = std::min(name.find('/'), name.size());
    const std::string_view number = name.substr(kPrefix.size(), slash - kPrefix.size());
    uint64_t owner = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), owner);
    if (error != std::errc() || stop != number.data() + number.size() || owner == 0) continue;
    const auto same = [&](const NumberedEvent& event) { return event.name == name; };
    // The probes of one event follow each other, unless somebody else came in between.
    const auto known = std::find_if(events.rbegin(), events.rend(), same);
    if (known != events.rend()) {
      known->probes++;
    } else {
      events.push_back({std::string(name), owner, 1});
    }
  }
  return events;
}

}  // namespace socketrace
