// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/system_calls.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>

#include "base/fd.h"

namespace socketrace {
namespace {

using Filter = Owned<void, seccomp_release>;

// With any arguments. None of them makes a descriptor, names a file or reaches another process.
constexpr int kAllowed[] = {
    // lines: output/write_all, base/log; writev: glibc's last words
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(poll), SCMP_SYS(ppoll),
    // a hit torn by a full disk is cut off: output/sink
    SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(ftruncate), SCMP_SYS(close),
    // the ring, and clocks where the vDSO has none to offer (unstable TSC)
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(clock_gettime),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // threads that detach; glibc sizes its heaps by the number of CPUs
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(exit),
    // signals and ends; restart_syscall: a wait goes on after SIGSTOP and SIGCONT
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),
    SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(exit_group)};

// The call is allowed if argument `index`, masked, is `value`.
struct Conditional {
  int call;
  scmp_arg_cmp argument;
};
scmp_arg_cmp equals(unsigned index, uint64_t value) {
  return {index, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp masked(unsigned index, uint64_t mask, uint64_t value) {
  return {index, SCMP_CMP_MASKED_EQ, mask, value};
}

int add_rules(scmp_filter_ctx filter) {
  const Conditional conditional[] = {
      // The counters, and what links and programs missed. Nothing is loaded, attached or changed.
      {SCMP_SYS(bpf), equals(0, BPF_MAP_LOOKUP_ELEM)},
      {SCMP_SYS(bpf), equals(0, BPF_MAP_GET_NEXT_KEY)},
      {SCMP_SYS(bpf), equals(0, BPF_OBJ_GET_INFO_BY_FD)},
      // Memory never becomes code.
      {SCMP_SYS(mmap), masked(2, PROT_EXEC, 0)},
      {SCMP_SYS(mprotect), masked(2, PROT_EXEC, 0)},
      // Threads, not processes (flags come first, but on s390).
      {SCMP_SYS(clone), masked(0, CLONE_THREAD, CLONE_THREAD)},
      // glibc 2.33 to 2.39 makes fstat of it.
      {SCMP_SYS(newfstatat), equals(3, AT_EMPTY_PATH)},
      // isatty: is a progress bar wanted?
      {SCMP_SYS(ioctl), equals(1, TCGETS)},
      // abort
      {SCMP_SYS(tgkill), equals(0, static_cast<uint64_t>(getpid()))},
  };
  for (const int call : kAllowed) {
    if (const int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0)) return status;
  }
  for (const Conditional& one : conditional) {
    const int status = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, one.call, 1, &one.argument);
    if (status != 0) return status;
  }
  // Its flags lie in memory, which no filter can read. glibc takes this errno, and no other, as a
  // reason to try clone.
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

}  // namespace

bool can_limit_system_calls() {
  // seccomp(2): EFAULT, for the address, when the mode exists; EINVAL when it does not.
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr, 0, 0) == 0 || errno != EINVAL;
}

Result<void> limit_system_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return Error("seccomp_init: this machine is unknown to libseccomp");
  // Below 5.16 a filter also switches off speculation past stores, which slows us down: it is meant
  // for processes that run somebody else's code. Not settable below 4.17, where it does not happen.
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_SSB, 1);
  if (const int status = add_rules(filter.get()))
    return Error::from_errno("seccomp_rule_add", -status);
  if (const int status = seccomp_load(filter.get()))
    return Error::from_errno("seccomp_load", -status);
  return {};
}

}  // namespace socketrace
