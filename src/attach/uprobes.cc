// SPDX-License-Identifier: BSD-2-Clause
#include "attach/uprobes.h"

#include <bpf/libbpf.h>

#include <cerrno>
#include <utility>

#include "attach/libbpf_log.h"

namespace socketrace {
namespace {

using Link = Owned<bpf_link, bpf_link__destroy>;

Result<Link> attach_one(const bpf_program* program, const std::string& library,
                        const char* function, bool at_return) {
  bpf_uprobe_opts options = {};
  options.sz = sizeof(options);
  options.func_name = function;
  options.retprobe = at_return;
  LibbpfLog log;
  Link link(bpf_program__attach_uprobe_opts(program, -1, library.c_str(), 0, &options));
  const int errnum = errno;
  if (link) return link;
  if (errnum == ENOENT) return Error("no function " + std::string(function) + " in " + library);
  return load_error(("probe " + std::string(function) + " of " + library).c_str(), errnum,
                    log.take());
}

}  // namespace

Result<void> Uprobes::attach(const bpf_program* begin, const bpf_program* end,
                             const std::string& library, const char* function) {
  Link at_begin = TRY(attach_one(begin, library, function, false));
  Link at_end = TRY(attach_one(end, library, function, true));
  links_.push_back(std::move(at_begin));
  links_.push_back(std::move(at_end));
  return {};
}

}  // namespace socketrace
