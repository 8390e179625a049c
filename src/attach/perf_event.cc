// SPDX-License-Identifier: BSD-2-Clause
#include "attach/perf_event.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "host/cpus.h"

namespace socketrace {
namespace {

Fd open_on(perf_event_attr& attr, int cpu) {
  return Fd(static_cast<int>(
      syscall(SYS_perf_event_open, &attr, pid_t{-1}, cpu, -1, uint64_t{PERF_FLAG_FD_CLOEXEC})));
}

Result<uint32_t> read_id(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[16];
  const ssize_t length = fd ? read(fd.get(), text, sizeof text) : -1;
  if (length < 0) return Error::from_errno(path, errno);
  uint32_t id = 0;
  const auto [stop, error] = std::from_chars(text, text + length, id);
  if (error != std::errc() || stop == text) return Error::from_errno(path, EINVAL);
  return id;
}

}  // namespace

Result<Fd> open_perf_event(perf_event_attr attr) {
  attr.size = sizeof attr;
  Fd event = open_on(attr, 0);
  if (!event && errno == ENODEV) event = open_on(attr, first_online_cpu());  // CPU 0 is offline
  if (!event) return Error::from_errno("perf_event_open", errno);
  return event;
}

Result<Fd> open_tracepoint_event(const std::string& folder) {
  perf_event_attr attr{};
  attr.type = PERF_TYPE_TRACEPOINT;
  attr.config = TRY(read_id(folder + "/id"));
  return open_perf_event(attr);
}

}  // namespace socketrace
