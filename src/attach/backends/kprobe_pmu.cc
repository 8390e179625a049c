// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/kprobe_pmu.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "attach/perf_event.h"

namespace socketrace {

Result<KprobePmu> KprobePmu::open(const char* type_path) {
  const Fd fd(::open(type_path, O_RDONLY | O_CLOEXEC));
  char text[16];
  const ssize_t length = fd ? read(fd.get(), text, sizeof text) : -1;
  if (length < 0) return Error::from_errno(type_path, errno);
  uint32_t type = 0;
  const auto [stop, error] = std::from_chars(text, text + length, type);
  if (error != std::errc() || stop == text) {
    return Error::from_errno(std::string(type_path) + ": not a number", EINVAL);
  }
  return KprobePmu(type);
}

Result<Fd> KprobePmu::probe(const Target& target) const {
  perf_event_attr attr{};
  attr.type = type_;
  // "module:name" keeps the lookup to that module.
  const std::string name = target.module.empty() ? target.name : target.module + ":" + target.name;
  if (target.address != 0) {
    attr.kprobe_addr = target.address;  // kprobe_func stays 0
  } else {
    attr.kprobe_func = reinterpret_cast<uintptr_t>(name.c_str());
  }
  return open_perf_event(attr);
}

Result<Fd> link_program(int program, Fd probe, uint64_t cookie) {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.perf_event.bpf_cookie = cookie;
  const int fd = bpf_link_create(program, probe.get(), BPF_PERF_EVENT, &options);
  if (fd < 0) return Error::from_errno("link", -fd);
  Fd link(fd);
  if (ioctl(probe.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) return Error::from_errno("enable", errno);
  return link;
}

Result<Fd> set_program(int program, Fd probe) {
  if (ioctl(probe.get(), PERF_EVENT_IOC_SET_BPF, program) != 0) {
    return Error::from_errno("set program", errno);
  }
  if (ioctl(probe.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) return Error::from_errno("enable", errno);
  return probe;
}

}  // namespace socketrace
