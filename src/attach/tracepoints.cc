// SPDX-License-Identifier: BSD-2-Clause
#include "attach/tracepoints.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <utility>

#include "attach/libbpf_log.h"
#include "attach/missed.h"
#include "base/fd.h"
#include "host/cpus.h"

namespace socketrace {
namespace {

bool is_raw(const bpf_program* program) {
  return bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT ||
         bpf_program__type(program) == BPF_PROG_TYPE_TRACING;
}

// "raw_tp/inet_sock_set_state" -> "inet_sock_set_state"
std::string place_of(const bpf_program* program) {
  const std::string section = bpf_program__section_name(program);
  const size_t slash = section.find('/');
  return slash == section.npos ? "" : section.substr(slash + 1);
}

std::optional<uint64_t> tracepoint_id(const std::string& place) {
  for (const char* tracefs : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    uint64_t id = 0;
    if (std::ifstream(fmt::format("{}/events/{}/id", tracefs, place)) >> id) return id;
  }
  return std::nullopt;
}

Error refusal(const bpf_program* program, int errnum, const std::string& log) {
  const std::string what = "attach to tracepoint " + place_of(program);
  if (errnum != ENOENT) return load_error(what.c_str(), errnum, log);
  // libbpf looks for the perf kind by its file in tracefs.
  return Error(is_raw(program)
                   ? what + ": this kernel has none of that name"
                   : what +
                         ": this kernel has none of that name, or tracefs is not mounted: "
                         "mount -t tracefs tracefs /sys/kernel/tracing");
}

// libbpf opens the perf event of "tp/GROUP/NAME" on CPU 0. NULL and errno, as it does.
bpf_link* attach_on(const bpf_program* program, int cpu) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_TRACEPOINT;
  const auto id = tracepoint_id(place_of(program));
  if (!id) {
    errno = ENOENT;
    return nullptr;
  }
  attr.config = *id;
  const long fd =
      syscall(SYS_perf_event_open, &attr, pid_t{-1}, cpu, -1, uint64_t{PERF_FLAG_FD_CLOEXEC});
  return fd < 0 ? nullptr : bpf_program__attach_perf_event(program, static_cast<int>(fd));
}

Result<bool> has_type(const std::string& name, unsigned kind) {
  LibbpfLog log;
  const Owned<btf, btf__free> types(btf__load_vmlinux_btf());
  if (!types) return load_error("read the kernel's types", errno, log.take());
  return btf__find_by_name_kind(types.get(), name.c_str(), kind) > 0;
}

}  // namespace

void Tracepoints::Destroy::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

Result<Tracepoints> Tracepoints::attach(bpf_object* object) {
  Tracepoints tracepoints;
  tracepoints.host_ = read_host();
  const int cpu = first_online_cpu();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    if (!bpf_program__autoload(program)) continue;
    if (place_of(program).empty()) continue;  // another attaches it: attach/uprobes
    LibbpfLog log;
    tracepoints.links_.emplace_back(cpu == 0 || is_raw(program) ? bpf_program__attach(program)
                                                                : attach_on(program, cpu));
    const int errnum = errno;
    if (!tracepoints.links_.back()) return refusal(program, errnum, log.take());
    tracepoints.programs_.push_back({bpf_program__fd(program), is_raw(program)});
  }
  return tracepoints;
}

std::optional<uint64_t> Tracepoints::missed() const {
  if (missed_at_end_) return *missed_at_end_;
  uint64_t total = 0;
  for (const Program& program : programs_) {
    const auto missed =
        program.raw ? missed_by_raw_program(program.fd) : missed_by_program(program.fd, host_);
    if (!missed) return std::nullopt;
    total += *missed;
  }
  return total;
}

void Tracepoints::detach() {
  if (missed_at_end_) return;
  missed_at_end_ = missed();
  links_.clear();
}

Result<bool> has_tracepoint(const std::string& name) {
  // typedef void (*btf_trace_NAME)(void *, ...): include/trace/bpf_probe.h makes one of each.
  return has_type("btf_trace_" + name, BTF_KIND_TYPEDEF);
}

Result<bool> has_function(const std::string& name) {
  return has_type(name, BTF_KIND_FUNC);
}

}  // namespace socketrace
