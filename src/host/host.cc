// SPDX-License-Identifier: BSD-2-Clause
#include "host/host.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

#include <charconv>
#include <string_view>
#include <system_error>

#include "base/fd.h"

namespace socketrace {
namespace {

// The first 4 KiB of a file; empty when it cannot be read.
std::string head_of(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(4096, '\0');
  const ssize_t length = fd ? read(fd.get(), text.data(), text.size()) : 0;
  text.resize(length > 0 ? static_cast<size_t>(length) : 0);
  return text;
}

void parse_release(Host& host) {
  const char* at = host.release.data();
  const char* end = at + host.release.size();
  for (unsigned* number : {&host.major, &host.minor, &host.patch}) {
    const auto [stop, error] = std::from_chars(at, end, *number);
    if (error != std::errc() || stop == end || *stop != '.') return;
    at = stop + 1;
  }
}

std::optional<uint64_t> effective_capabilities(std::string_view status) {
  constexpr std::string_view kLabel = "\nCapEff:\t";
  const size_t at = status.find(kLabel);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = status.substr(at + kLabel.size(), 16);
  uint64_t set = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), set, 16);
  if (error != std::errc() || stop == digits.data()) return std::nullopt;
  return set;
}

// The initial user namespace maps every id onto itself: "0 0 4294967295".
bool maps_all_ids(std::string_view uid_map) {
  return uid_map.empty() || uid_map.find("4294967295") != std::string_view::npos;
}

}  // namespace

bool uretprobes_kill(const Host& host) {
#ifdef __x86_64__
  if (host.major != 6) return false;
  if (host.minor == 12) return host.patch < 14;
  return host.minor == 11 || (host.minor == 13 && host.patch < 3);
#else
  (void)host;
  return false;
#endif
}

Host read_host(const std::string& root) {
  Host host;
  host.release = head_of(root + "/proc/sys/kernel/osrelease");
  while (!host.release.empty() && host.release.back() == '\n') host.release.pop_back();
  parse_release(host);
  host.capabilities = effective_capabilities(head_of(root + "/proc/self/status"));
  host.own_user_namespace = !maps_all_ids(head_of(root + "/proc/self/uid_map"));
  // "none integrity [confidentiality]": the brackets mark the level in force.
  host.lockdown_confidentiality =
      head_of(root + "/sys/kernel/security/lockdown").find("[confidentiality]") !=
      std::string::npos;
  host.jit_disabled = head_of(root + "/proc/sys/net/core/bpf_jit_enable").starts_with("0");
  host.ftrace_disabled = head_of(root + "/proc/sys/kernel/ftrace_enabled").starts_with("0");
  return host;
}

std::string missing_capabilities(const Host& host) {
  if (host.has(CAP_SYS_ADMIN)) return "";
  std::string missing;
  if (!host.has(kCapBpf)) missing = "CAP_BPF";
  if (!host.has(kCapPerfmon)) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
  return missing;
}

Result<void> check_host(const Host& host, Places places) {
  if (host.major != 0 && !host.at_least(5, 8)) {
    return Error(
        fmt::format("Linux {} is too old: the BPF ring buffer needs 5.8 or newer", host.release));
  }
  const std::string missing = missing_capabilities(host);
  if (!missing.empty()) {
    return Error(fmt::format("not permitted: {} missing; run it with sudo", missing));
  }
  if (host.own_user_namespace) {
    return Error(
        "not permitted: this is a user namespace, whose root may not load BPF programs; run it as "
        "root of the host");
  }
  if (host.lockdown_confidentiality) {
    return Error(
        "kernel lockdown is in 'confidentiality' mode, which forbids BPF to read kernel memory; "
        "boot with lockdown=integrity or without it");
  }
  // Measured on arm64, where Debian lets it be switched off: 7.3 refuses what calls functions of
  // the kernel, and 6.12 panics (SP/PC alignment exception) at the first hit that the interpreter
  // runs.
  if (host.jit_disabled) {
    return Error(
        "the BPF JIT is switched off, without which programs like ours are refused or crash; run: "
        "sysctl net.core.bpf_jit_enable=1");
  }
  // Measured on 7.2: both ways attach without an error then, and not one hit comes.
  if (host.ftrace_disabled && places == Places::functions) {
    return Error(
        "ftrace is switched off, so no probe would ever fire; run: sysctl kernel.ftrace_enabled=1");
  }
  return {};
}

Result<void> check_host(Places places) {
  return check_host(read_host(), places);
}

}  // namespace socketrace
