// SPDX-License-Identifier: BSD-2-Clause
#include "attach/uprobes.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <string>
#include <utility>

#include "attach/libbpf_log.h"

namespace socketrace {
namespace {

using Link = Owned<bpf_link, bpf_link__destroy>;

Result<Link> attach_one(const bpf_program* program, int file, uint64_t offset, bool at_return) {
  bpf_uprobe_opts options = {};
  options.sz = sizeof(options);
  options.retprobe = at_return;
  // The kernel wants a path; this one leads to the very file.
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  LibbpfLog log;
  Link link(bpf_program__attach_uprobe_opts(program, -1, path.c_str(), offset, &options));
  const int errnum = errno;
  if (link) return link;
  return load_error("probe it", errnum, log.take());
}

}  // namespace

Result<void> Uprobes::attach(const bpf_program* begin, const bpf_program* end, int file,
                             uint64_t offset) {
  Link at_begin = TRY(attach_one(begin, file, offset, false));
  Link at_end = TRY(attach_one(end, file, offset, true));
  links_.push_back(std::move(at_begin));
  links_.push_back(std::move(at_end));
  return {};
}

}  // namespace socketrace
