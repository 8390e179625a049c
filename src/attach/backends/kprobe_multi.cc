// SPDX-License-Identifier: BSD-2-Clause
// kprobe-multi (5.18+, FPROBE): one link on many functions, all or nothing.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <span>
#include <vector>

#include "attach/backends/backend.h"
#include "attach/backends/batches.h"
#include "attach/backends/ticker.h"
#include "host/explain.h"

namespace socketrace {
namespace {

constexpr auto kTraceKprobeMulti = static_cast<bpf_attach_type>(42);  // BPF_TRACE_KPROBE_MULTI

// The members of one kind of batch, in the arrays the kernel wants. Addresses are faster and
// unambiguous; names make the kernel walk kallsyms and take the first of several.
struct Members {
  std::vector<size_t> targets;
  std::vector<unsigned long> addresses;  // empty: by name
  std::vector<const char*> names;
  std::vector<__u64> cookies;
};

Members members_of(std::span<const Target> targets, std::vector<size_t> order, bool by_address) {
  Members members;
  for (const size_t i : order) {
    const Target& target = targets[i];
    if (by_address) {
      members.addresses.push_back(target.address);
    } else {
      members.names.push_back(target.name.c_str());
    }
    members.cookies.push_back(cookie_of(target, i));
  }
  members.targets = std::move(order);
  return members;
}

Result<Fd> create_link(int program, Members& members, size_t first, size_t count) {
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.kprobe_multi.cnt = static_cast<__u32>(count);
  options.kprobe_multi.cookies = members.cookies.data() + first;
  if (members.addresses.empty()) {
    options.kprobe_multi.syms = members.names.data() + first;
  } else {
    options.kprobe_multi.addrs = members.addresses.data() + first;
  }
  const int fd = bpf_link_create(program, 0, kTraceKprobeMulti, &options);
  if (fd < 0) return Error::from_errno("kprobe-multi link", -fd);
  return Fd(fd);
}

// Attaches the members and adds to `attached`; the errno that ended it early, or 0.
int attach_members(int program, std::span<const Target> targets, Members members,
                   const Progress& progress, Ticker& ticker, LiveProbes& attached) {
  const auto attach = [&](size_t first, size_t count) {
    auto link = create_link(program, members, first, count);
    if (!link) return link.error().errnum();
    attached.fds.push_back(std::move(*link));
    attached.functions += count;
    ticker.tick(attached.functions);
    return 0;
  };
  const BatchOutcome outcome =
      attach_in_batches(members.targets.size(), attach, [&] { return progress.stop_wanted(1); });
  for (const auto& refused : outcome.refused) {
    attached.skipped.push_back(
        skip(targets[members.targets[refused.member]], explain_multi_refusal(refused.errnum)));
  }
  attached.interrupted |= outcome.stopped;
  if (outcome.fatal != 0) {
    for (size_t i = outcome.tried; i < members.targets.size(); i++) {
      attached.skipped.push_back(
          skip(targets[members.targets[i]], explain_multi_refusal(outcome.fatal)));
    }
  }
  return outcome.fatal;
}

}  // namespace

Result<LiveProbes> attach_kprobe_multi(const Programs& programs, std::span<const Target> targets,
                                       const Progress& progress) {
  Order order = order_targets(targets);
  LiveProbes attached;
  attached.skipped = std::move(order.skipped);
  Ticker ticker(progress, targets.size());
  int fatal = 0;
  if (!order.by_address.empty()) {
    fatal = attach_members(programs.by_cookie, targets,
                           members_of(targets, std::move(order.by_address), true), progress, ticker,
                           attached);
  }
  if (!order.by_name.empty() && !attached.interrupted && (fatal == 0 || attached.functions > 0)) {
    fatal = attach_members(programs.by_cookie, targets,
                           members_of(targets, std::move(order.by_name), false), progress, ticker,
                           attached);
  }
  if (attached.functions > 0 || attached.interrupted) return attached;
  if (fatal == EPERM || fatal == EACCES) {
    return Error(explain_load_failure(fatal, read_host())).within("kprobe-multi");
  }
  if (fatal == EMFILE || fatal == ENFILE) return Error::from_errno("kprobe-multi", fatal);
  if (fatal == EOPNOTSUPP) return Error::from_errno("kprobe-multi (CONFIG_FPROBE)", fatal);
  // Bad functions, or a kernel that misses something else: only another way can tell.
  const Skipped& last = attached.skipped.back();
  return Error::from_errno(fmt::format("kprobe-multi refused all of {} functions (last {}: {})",
                                       targets.size(), last.name, last.reason),
                           EOPNOTSUPP);
}

}  // namespace socketrace
