// SPDX-License-Identifier: BSD-2-Clause
#include "attach/tracepoints.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <utility>

#include "attach/kernel_types.h"
#include "attach/libbpf_log.h"
#include "attach/missed.h"
#include "attach/perf_event.h"
#include "base/fd.h"
#include "select/kernel_files.h"

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

// libbpf opens the perf event of "tp/GROUP/NAME" on CPU 0, which may be offline. NULL and errno, as
// it does.
bpf_link* attach_elsewhere(const bpf_program* program) {
  for (const std::string& root : KernelFiles().tracefs) {
    auto event = open_tracepoint_event(root + "/events/" + place_of(program));
    if (!event) {
      errno = event.error().errnum();
      continue;
    }
    bpf_link* link = bpf_program__attach_perf_event(program, event->get());
    if (link != nullptr) event->release();  // the link's own now
    return link;
  }
  return nullptr;
}

bpf_link* attach_tracepoint(const bpf_program* program) {
  bpf_link* link = bpf_program__attach(program);
  return link != nullptr || errno != ENODEV || is_raw(program) ? link : attach_elsewhere(program);
}

Result<bool> has_type(const std::string& name, unsigned kind) {
  return btf__find_by_name_kind(TRY(load_kernel_types()).get(), name.c_str(), kind) > 0;
}

}  // namespace

void Tracepoints::Destroy::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

Result<Tracepoints> Tracepoints::attach(bpf_object* object) {
  Tracepoints tracepoints;
  tracepoints.host_ = read_host();
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    if (!bpf_program__autoload(program)) continue;
    if (place_of(program).empty()) continue;  // another attaches it: attach/uprobes
    LibbpfLog log;
    tracepoints.links_.emplace_back(attach_tracepoint(program));
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
