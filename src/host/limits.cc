// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "host/host.h"

namespace socketrace {
namespace {

constexpr rlim_t kOtherFiles = 512;  // BTF, lists, maps, programs, rings and room to spare
constexpr rlim_t kFewFiles = 64;     // what must be there at the very least
constexpr rlim_t kLockedBytes = rlim_t{64} << 20;

// The soft limit is at least `wanted` afterwards if that can be; the new soft limit.
rlim_t raise(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  // A higher hard limit takes CAP_SYS_RESOURCE (and, for files, room below fs.nr_open).
  const rlimit higher{wanted, std::max(wanted, limit.rlim_max)};
  if (setrlimit(resource, &higher) == 0) return wanted;
  const rlimit best{std::min(wanted, limit.rlim_max), limit.rlim_max};
  return setrlimit(resource, &best) == 0 ? best.rlim_cur : limit.rlim_cur;
}

}  // namespace

Result<void> raise_limits(size_t functions, const Host& host) {
  const rlim_t count = functions;
  const rlim_t files = raise(RLIMIT_NOFILE, 2 * count + kOtherFiles);
  if (files < count + kFewFiles) {
    return Error(fmt::format(
        "{} probes need {} file descriptors and the limit is {}; run: ulimit -n {}, or trace fewer "
        "functions",
        functions, count + kFewFiles, files, 2 * count + kOtherFiles));
  }
  // 5.11 (commit 3ac1f01b43b6 and neighbours) charges maps to memory cgroups instead.
  if (host.major == 0 || host.at_least(5, 11)) return {};
  const rlim_t locked = raise(RLIMIT_MEMLOCK, RLIM_INFINITY);
  if (locked < kLockedBytes) {
    return Error(fmt::format(
        "Linux {} counts BPF memory as locked memory, and the limit is {} KiB; run: ulimit -l "
        "unlimited",
        host.release, locked / 1024));
  }
  return {};
}

}  // namespace socketrace
