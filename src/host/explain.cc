// SPDX-License-Identifier: BSD-2-Clause
#include "host/explain.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace socketrace {
namespace {

constexpr size_t kLongestVerdict = 240;
constexpr int kNotSupported = 524;  // ENOTSUPP, which the kernel lets out although errno.h lacks it

// CAP_BPF and CAP_PERFMON are all that the calls themselves take. But older libbpf (1.1) looks
// through the BTF of every module, and Debian's kernel.perf_event_paranoid=3 keeps perf events from
// all others.
bool may_want_sys_admin(const Host& host) {
  return !host.has(CAP_SYS_ADMIN);
}

std::string explain_not_permitted(const Host& host) {
  const std::string missing = missing_capabilities(host);
  if (!missing.empty()) return fmt::format("{} missing; run it with sudo", missing);
  if (host.lockdown_confidentiality) {
    return "kernel lockdown 'confidentiality' forbids it; boot with lockdown=integrity or without";
  }
  if (host.own_user_namespace) {
    return "root of a user namespace may not load BPF programs; run it as root of the host";
  }
  if (may_want_sys_admin(host)) {
    return "CAP_BPF and CAP_PERFMON are not enough here, it takes CAP_SYS_ADMIN; run it with sudo";
  }
  if (host.major != 0 && !host.at_least(5, 11)) {
    return "the limit on locked memory is too low; run: ulimit -l unlimited";
  }
  return "a security module or a container's seccomp filter forbids it; run it outside of the "
         "container, or look for the denial in the audit log";
}

std::string with_number(int errnum, std::string_view words) {
  return fmt::format("{} ({})", words, strerror(errnum));
}

bool is_statistics(std::string_view line) {
  constexpr std::array<std::string_view, 5> kStarts = {"processed ", "verification time ",
                                                       "stack depth ", "-- END", "max_states"};
  return std::ranges::any_of(kStarts, [&](auto start) { return line.starts_with(start); });
}

}  // namespace

std::string explain_load_failure(int errnum, const Host& host) {
  switch (errnum) {
    case EPERM:
    case EACCES:
      return with_number(errnum, explain_not_permitted(host));
    case ENOMEM:
      return with_number(errnum, "not enough kernel memory; choose a smaller ring buffer");
    case ESRCH:
      return with_number(errnum,
                         "no BTF of this kernel found; it needs CONFIG_DEBUG_INFO_BTF=y and a "
                         "readable /sys/kernel/btf/vmlinux");
    case ENOSYS:
      return with_number(errnum, "this kernel has no bpf(2); it needs CONFIG_BPF_SYSCALL=y");
    case E2BIG:
      return with_number(errnum, "the verifier found the program too complex for this kernel");
    case EINVAL:
    case EOPNOTSUPP:
    case kNotSupported:
      return with_number(errnum, may_want_sys_admin(host)
                                     ? "CAP_BPF and CAP_PERFMON may not be enough here, and "
                                       "CAP_SYS_ADMIN is missing; run it with sudo"
                                     : "this kernel lacks something that the program needs");
    default:
      return strerror(errnum);
  }
}

std::string verdict_of(std::string_view libbpf_log) {
  constexpr std::string_view kBegin = "-- BEGIN PROG LOAD LOG --";
  const size_t begin = libbpf_log.rfind(kBegin);
  if (begin == std::string_view::npos) return "";
  std::string_view rest = libbpf_log.substr(begin + kBegin.size());
  std::string_view verdict;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (is_statistics(line)) break;
    verdict = line;
  }
  return std::string(verdict.substr(0, kLongestVerdict));
}

std::string explain_multi_refusal(int errnum) {
  switch (errnum) {
    case EINVAL:  // up to 7.1
    case ENOENT:  // since
      return with_number(errnum, "not a function that ftrace can trace");
    case ESRCH:
      return with_number(errnum, "no such function, or its module is gone");
    case ENOMEM:
      return with_number(errnum, "not enough kernel memory for the probe");
    default:
      return strerror(errnum);
  }
}

std::string explain_kprobe_blacklist() {
  return "on the kernel's blacklist of functions that kprobes must not touch";
}

std::string explain_kprobe_refusal(int errnum) {
  switch (errnum) {
    case EINVAL:  // also for an address that is nobody's, where newer kernels say ENOENT
      return with_number(errnum, "kprobes are not allowed there: blacklisted or notrace code");
    case ENOENT:
      return with_number(errnum, "no such function, or its module is gone");
    case EADDRNOTAVAIL:
      return with_number(errnum, "several functions have this name, and addresses are hidden");
    case EILSEQ:
      return "not at the start of an instruction";  // EILSEQ's own text speaks of characters
    case EOPNOTSUPP:
      return with_number(errnum, "kprobes are not possible at this kind of instruction");
    case EMFILE:
      return with_number(errnum, "no file descriptors left; raise ulimit -n");
    case ENOMEM:
      return with_number(errnum, "not enough kernel memory for the probe");
    default:
      return strerror(errnum);
  }
}

}  // namespace socketrace
