// SPDX-License-Identifier: BSD-2-Clause
#include "host/explain.h"

#include <bpf/libbpf.h>
#include <doctest/doctest.h>

#include <cerrno>

#include "attach/object.h"

using namespace socketrace;

namespace {

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kVerifierLog =
    "libbpf: prog 'st_cookie': BPF program load failed: Permission denied\n"
    "libbpf: prog 'st_cookie': -- BEGIN PROG LOAD LOG --\n"
    "reg type unsupported for arg#0 function st_cookie#9\n"
    "0: R1=ctx(off=0,imm=0) R10=fp0\n"
    "; return *(int *)ctx->di;\n"
    "1: (61) r0 = *(u32 *)(r1 +0)\n"
    "R1 invalid mem access 'scalar'\n"
    "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
    "-- END PROG LOAD LOG --\n"
    "libbpf: prog 'st_cookie': failed to load: -13\n";

// A skeleton that does what it is told.
struct FakeSkeleton {
  bpf_object* obj = nullptr;
  inline static int open_errno = 0, load_status = 0, destroyed = 0;
  static FakeSkeleton* open(const void* /*options*/) {
    errno = open_errno;
    return open_errno != 0 ? nullptr : new FakeSkeleton;
  }
  static int load(FakeSkeleton* /*skeleton*/) { return load_status; }
  static void destroy(FakeSkeleton* skeleton) {
    destroyed++;
    delete skeleton;
  }
};

}  // namespace

TEST_CASE("the verifier's verdict is the line before its statistics") {
  CHECK(verdict_of(kVerifierLog) == "R1 invalid mem access 'scalar'");
  CHECK(verdict_of("") == "");
  CHECK(verdict_of("libbpf: Error in bpf_object__probe_loading():Operation not permitted(1)\n") ==
        "");
  CHECK(verdict_of("-- BEGIN PROG LOAD LOG --") == "");
  CHECK(verdict_of("-- BEGIN PROG LOAD LOG --\nprocessed 0 insns\n") == "");
  CHECK(verdict_of("-- BEGIN PROG LOAD LOG --\n" + std::string(5000, 'x')).size() == 240);
}

TEST_CASE("an error from a log names the verdict") {
  const Error error = load_error("load", EACCES, kVerifierLog);
  CHECK(error.text() == "load: verifier: R1 invalid mem access 'scalar': Permission denied");
  CHECK(error.errnum() == EACCES);
}

TEST_CASE("not permitted: why, and what to do") {
  Host host;
  host.major = 6;
  host.minor = 1;
  host.capabilities = 0;
  CHECK(has(explain_load_failure(EPERM, host), "CAP_BPF and CAP_PERFMON missing"));
  host.capabilities = 1ULL << kCapBpf | 1ULL << kCapPerfmon;
  CHECK(has(explain_load_failure(EPERM, host), "not enough here, it takes CAP_SYS_ADMIN"));
  CHECK(has(explain_load_failure(EINVAL, host), "CAP_SYS_ADMIN is missing; run it with sudo"));
  host.capabilities = ~0ULL;
  CHECK(has(explain_load_failure(EINVAL, host), "this kernel lacks"));
  CHECK(has(explain_load_failure(EPERM, host), "seccomp"));
  CHECK(has(explain_load_failure(EACCES, host), "seccomp"));
  host.lockdown_confidentiality = true;
  CHECK(has(explain_load_failure(EPERM, host), "lockdown=integrity"));
  host.lockdown_confidentiality = false;
  host.own_user_namespace = true;
  CHECK(has(explain_load_failure(EPERM, host), "user namespace"));
  host.own_user_namespace = false;
  host.major = 5;
  host.minor = 10;
  CHECK(has(explain_load_failure(EPERM, host), "ulimit -l unlimited"));
}

TEST_CASE("other failures of loading") {
  CHECK(has(explain_load_failure(ENOMEM, {}), "smaller ring buffer"));
  CHECK(has(explain_load_failure(ESRCH, {}), "CONFIG_DEBUG_INFO_BTF"));
  CHECK(has(explain_load_failure(ENOSYS, {}), "CONFIG_BPF_SYSCALL"));
  CHECK(has(explain_load_failure(524, {}), "this kernel lacks"));
  CHECK(explain_load_failure(EIO, {}) == "Input/output error");
}

TEST_CASE("reasons of refused functions") {
  CHECK(has(explain_multi_refusal(EINVAL), "ftrace"));
  CHECK(has(explain_multi_refusal(ENOENT), "ftrace"));
  CHECK(has(explain_multi_refusal(ESRCH), "no such function"));
  CHECK(has(explain_kprobe_refusal(EINVAL), "Invalid argument"));
  CHECK(has(explain_kprobe_blacklist(), "blacklist"));
  CHECK(has(explain_kprobe_refusal(EADDRNOTAVAIL), "several functions"));
  CHECK(has(explain_kprobe_refusal(ENOENT), "no such function"));
  CHECK(has(explain_kprobe_refusal(EOPNOTSUPP), "instruction"));
  CHECK(has(explain_kprobe_refusal(EMFILE), "ulimit -n"));
  CHECK(explain_kprobe_refusal(EIO) == "Input/output error");
}

TEST_CASE("an object is destroyed once, whatever happened to it") {
  FakeSkeleton::open_errno = 0;
  FakeSkeleton::load_status = 0;
  FakeSkeleton::destroyed = 0;
  {
    auto object = Object<FakeSkeleton>::open();
    REQUIRE(object.has_value());
    CHECK(object->load().has_value());
    FakeSkeleton::load_status = -ENOMEM;
    auto failed = object->load();
    REQUIRE_FALSE(failed.has_value());
    CHECK(has(failed.error().text(), "load the BPF programs: not enough kernel memory"));
    CHECK(FakeSkeleton::destroyed == 0);
  }
  CHECK(FakeSkeleton::destroyed == 1);
  FakeSkeleton::open_errno = EINVAL;
  CHECK_FALSE(Object<FakeSkeleton>::open().has_value());
  CHECK(FakeSkeleton::destroyed == 1);
}

TEST_CASE("libbpf speaks into the log, not to the terminal") {
  LibbpfLog log;
  CHECK(bpf_object__open_mem("garbage", 7, nullptr) == nullptr);
  CHECK(has(log.take(), "libbpf:"));
  CHECK(log.take().empty());
}
