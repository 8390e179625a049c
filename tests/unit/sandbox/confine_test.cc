// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/confine.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "host/host.h"

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED_BY_SANITIZERS 1
#elif defined(__has_feature)
#define WATCHED_BY_SANITIZERS __has_feature(address_sanitizer)
#else
#define WATCHED_BY_SANITIZERS 0
#endif

using namespace socketrace;

namespace {

constexpr auto kYes = [] { return true; };

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  }
  Fd reader, writer;
};

// A child runs `body`, for confinement is for good; a failed check is its exit status. It lives on
// until status() has been read and end() called.
class Child {
 public:
  explicit Child(const std::function<int()>& body) {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      release_.writer.reset();
      const int status = body();
      done_.writer.reset();
      pollfd wait = {release_.reader.get(), 0, 0};  // read(2) is refused
      while (poll(&wait, 1, -1) < 0) continue;
      // Not _exit: sanitizers make system calls of their own before a call that does not return.
      syscall(SYS_exit_group, status);
    }
    done_.writer.reset();
    char none = 0;
    while (read(done_.reader.get(), &none, 1) < 0) continue;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  // "0" of "Seccomp:\t0", as /proc tells.
  std::string status(const std::string& label) const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(label + ":\t")) return line.substr(label.size() + 2);
    }
    return "no " + label;
  }
  int end() {
    if (pid_ > 0) {
      release_.writer.reset();
      waitpid(pid_, &wait_status_, 0);
      pid_ = 0;
    }
    return WIFEXITED(wait_status_) ? WEXITSTATUS(wait_status_) : -1;
  }

 private:
  Pipe release_, done_;
  pid_t pid_ = 0;
  int wait_status_ = -1;
};

// As a container does, or a kernel without CONFIG_SECCOMP_FILTER: no filter can be installed.
void refuse_filters(int errnum) {
  const Owned<void, seccomp_release> filter(seccomp_init(SCMP_ACT_ALLOW));
  const scmp_arg_cmp set_seccomp = {0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0};
  const auto action = SCMP_ACT_ERRNO(static_cast<uint32_t>(errnum));
  const int status =
      seccomp_rule_add_array(filter.get(), action, SCMP_SYS(prctl), 1, &set_seccomp) |
      seccomp_rule_add(filter.get(), action, SCMP_SYS(seccomp), 0) | seccomp_load(filter.get());
  if (status != 0) _exit(101);
}

// The errno of a call by number, 0 if it worked.
template <typename... Args>
int errno_of(long number, Args... args) {
  return syscall(number, args...) < 0 ? errno : 0;
}

// Number (from 1) of the first call that was not refused as it should be; 0: all were.
int first_not_refused() {
  bpf_attr attributes{};
  const std::array got = {
      errno_of(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY),
      errno_of(SYS_socket, AF_INET, SOCK_STREAM, 0),
      errno_of(SYS_execve, "/bin/true", nullptr, nullptr),
      errno_of(SYS_ptrace, PTRACE_TRACEME, 0, nullptr, nullptr),
      errno_of(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr),
      errno_of(SYS_kill, getppid(), 0),
      errno_of(SYS_tgkill, getppid(), getppid(), 0),
      errno_of(SYS_read, STDIN_FILENO, nullptr, 0),
      errno_of(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes),
      errno_of(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attributes, sizeof attributes),
      errno_of(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      errno_of(SYS_prctl, 0, 0, 0, 0, 0),
      errno_of(SYS_setuid, 0),
      errno_of(SYS_unlinkat, AT_FDCWD, "", 0),
      errno_of(SYS_ioctl, STDIN_FILENO, 0x5412 /* TIOCSTI */, ""),
  };
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i] != EPERM) return static_cast<int>(i) + 1;
  }
  return errno_of(SYS_clone3, nullptr, 0) == ENOSYS ? 0 : static_cast<int>(got.size()) + 1;
}

// Number (from 1) of the first thing that the running phase could not do any more; 0: none.
int first_not_working(int file) {
  const std::string_view line = "a line\n";
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return 1;
  if (lseek(file, 0, SEEK_CUR) != static_cast<off_t>(line.size())) return 2;
  struct stat status = {};
  if (fstat(file, &status) != 0 || ftruncate(file, 2) != 0) return 3;
  // Not for the process's own memory: as much as no allocator has lying about.
  if (!std::unique_ptr<char[]>(new char[64 << 20])) return 4;
  const pid_t self = getpid();
  if (syscall(SYS_tgkill, self, syscall(SYS_gettid), 0) != 0) return 5;
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(-1);
  // Whether the kernel lets us is its own affair (kernel.unprivileged_bpf_disabled): not our
  // filter.
  if (errno_of(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attributes, sizeof attributes) == 0) return 6;
  return close(file) == 0 ? 0 : 7;
}

}  // namespace

TEST_CASE("a confined process has no capabilities, cannot get any, and is filtered") {
  Child child([] { return confine(kYes) ? 0 : 1; });
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    CHECK(child.status(set) == "0000000000000000");
  }
  CHECK(child.status("NoNewPrivs") == "1");
  CHECK(child.status("Seccomp") == "2");
  CHECK(child.end() == 0);
}

TEST_CASE("the one capability that reads counters is kept where the kernel wants it") {
  Child child([] {
    int calls = 0;
    const auto confinement = confine([&calls] { return ++calls > 1; });
    return confinement && confinement->kept_capability ? 0 : 1;
  });
  const Host host = read_host();
  const uint64_t kept = host.has(kCapBpf) ? uint64_t{1} << kCapBpf : host.has(21) ? 1 << 21 : 0;
  CHECK(std::stoull(child.status("CapEff"), nullptr, 16) == kept);
  CHECK(std::stoull(child.status("CapPrm"), nullptr, 16) == kept);
  CHECK(child.end() == 0);
}

TEST_CASE("who could not tell the counters at the end says so at the start") {
  Child child([] {
    const auto confinement = confine([] { return false; });
    return !confinement && confinement.error().text().find("--no-sandbox") != std::string::npos ? 0
                                                                                                : 1;
  });
  CHECK(child.end() == 0);
}

TEST_CASE("what is not needed is refused, and nobody dies of it") {
  CHECK(Child([] { return confine(kYes) ? first_not_refused() : 100; }).end() == 0);
}

TEST_CASE("what showing hits and ending take still works") {
  std::array name = std::to_array("/tmp/socketrace-confine-XXXXXX");
  const int file = mkstemp(name.data());
  REQUIRE(file >= 0);
  CHECK(Child([file] { return confine(kYes) ? first_not_working(file) : 100; }).end() == 0);
  close(file);
  std::ifstream written(name.data());
  std::stringstream text;
  text << written.rdbuf();
  CHECK(text.str() == "a ");
  unlink(name.data());
}

// Sanitizers make more system calls for a new thread (sigaltstack) than the C library.
#if !WATCHED_BY_SANITIZERS
TEST_CASE("threads can be started when confined") {
  CHECK(Child([] {
          if (!confine(kYes)) return 100;
          int sum = 0;
          std::thread([&sum] { sum = 7; }).join();
          return sum == 7 ? 0 : 1;
        }).end() == 0);
}
#endif

TEST_CASE("a container that refuses filters: an error with the remedy") {
  CHECK(Child([] {
          refuse_filters(EPERM);
          const auto confinement = confine(kYes);
          if (confinement) return 1;
          return confinement.error().text().find("--no-sandbox") != std::string::npos ? 0 : 2;
        }).end() == 0);
}

TEST_CASE("a kernel without CONFIG_SECCOMP_FILTER: the rest is given up") {
  Child child([] {
    refuse_filters(EINVAL);
    const auto confinement = confine(kYes);
    return confinement && !confinement->system_calls_limited ? 0 : 1;
  });
  CHECK(child.status("CapEff") == "0000000000000000");
  CHECK(child.status("NoNewPrivs") == "1");
  CHECK(child.end() == 0);
}
