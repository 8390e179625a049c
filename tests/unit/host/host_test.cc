// SPDX-License-Identifier: BSD-2-Clause
#include "host/host.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace socketrace;

namespace {

constexpr uint64_t kAll = 0x1ffffffffff;
constexpr uint64_t kSysAdmin = 1ULL << 21;
constexpr uint64_t kPerfmon = 1ULL << 38;
constexpr uint64_t kBpf = 1ULL << 39;

Host good_host() {
  Host host;
  host.release = "6.1.0-50-cloud-amd64";
  host.major = 6;
  host.minor = 1;
  host.capabilities = kAll;
  return host;
}

std::string refusal(const Host& host) {
  auto result = check_host(host);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().exit_status() == 1);
  return result.error().text();
}
bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

struct FakeRoot {
  FakeRoot() {
    std::string text = std::filesystem::temp_directory_path() / "host-XXXXXX";
    REQUIRE(mkdtemp(text.data()) != nullptr);
    root = text;
  }
  ~FakeRoot() { std::filesystem::remove_all(root); }
  void write(const char* path, const char* content) const {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << content;
  }
  std::filesystem::path root;
};

}  // namespace

TEST_CASE("a host that can trace") {
  CHECK(check_host(good_host()).has_value());
  Host host = good_host();
  host.capabilities = kBpf | kPerfmon;
  CHECK(check_host(host).has_value());
  host.capabilities = kSysAdmin;
  CHECK(check_host(host).has_value());
  host.capabilities.reset();  // unknown: let the kernel say
  CHECK(check_host(host).has_value());
}

TEST_CASE("each obstacle has its own words") {
  Host host = good_host();
  host.major = 5;
  host.minor = 7;
  host.release = "5.7.19";
  CHECK(has(refusal(host), "5.7.19"));
  CHECK(has(refusal(host), "5.8"));
  host.minor = 8;
  CHECK(check_host(host).has_value());

  host = good_host();
  host.capabilities = 0;
  CHECK(has(refusal(host), "CAP_BPF and CAP_PERFMON missing"));
  CHECK(has(refusal(host), "sudo"));
  host.capabilities = kBpf;
  CHECK(has(refusal(host), "not permitted: CAP_PERFMON missing"));
  host.capabilities = kPerfmon;
  CHECK(has(refusal(host), "not permitted: CAP_BPF missing"));

  host = good_host();
  host.lockdown_confidentiality = true;
  CHECK(has(refusal(host), "lockdown=integrity"));
  host = good_host();
  host.jit_disabled = true;
  CHECK(has(refusal(host), "net.core.bpf_jit_enable=1"));
  host.jit_disabled = false;
  host.ftrace_disabled = true;
  CHECK(has(refusal(host), "kernel.ftrace_enabled=1"));
  host = good_host();
  host.own_user_namespace = true;
  CHECK(has(refusal(host), "user namespace"));
}

TEST_CASE("facts are read from proc and sys") {
  const FakeRoot fake;
  fake.write("proc/sys/kernel/osrelease", "5.10.0-36-cloud-amd64\n");
  fake.write("proc/self/status",
             "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t000001fffeffffff\n");
  fake.write("proc/self/uid_map", "         0          0 4294967295\n");
  fake.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
  fake.write("proc/sys/kernel/ftrace_enabled", "1\n");
  Host host = read_host(fake.root);
  CHECK(host.release == "5.10.0-36-cloud-amd64");
  CHECK(host.major == 5);
  CHECK(host.minor == 10);
  CHECK(host.capabilities == 0x1fffeffffffULL);
  CHECK_FALSE(host.own_user_namespace);
  CHECK_FALSE(host.lockdown_confidentiality);
  CHECK_FALSE(host.ftrace_disabled);
  CHECK_FALSE(host.jit_disabled);

  fake.write("proc/self/uid_map", "0 1000 1\n");
  fake.write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
  fake.write("proc/sys/kernel/ftrace_enabled", "0\n");
  fake.write("proc/sys/net/core/bpf_jit_enable", "0\n");
  host = read_host(fake.root);
  CHECK(host.own_user_namespace);
  CHECK(host.lockdown_confidentiality);
  CHECK(host.ftrace_disabled);
  CHECK(host.jit_disabled);
}

TEST_CASE("nothing to read is no obstacle, nonsense neither") {
  const FakeRoot fake;
  Host host = read_host(fake.root);
  CHECK(host.major == 0);
  CHECK_FALSE(host.capabilities.has_value());
  CHECK(check_host(host).has_value());
  fake.write("proc/sys/kernel/osrelease", "banana");
  fake.write("proc/self/status", "x\nCapEff:\tzzz\n");
  host = read_host(fake.root);
  CHECK(host.major == 0);
  CHECK_FALSE(host.capabilities.has_value());
}

TEST_CASE("versions compare by number") {
  Host host;
  host.major = 5;
  host.minor = 10;
  CHECK(host.at_least(5, 8));
  CHECK(host.at_least(5, 10));
  CHECK(host.at_least(4, 20));
  CHECK_FALSE(host.at_least(5, 11));
  CHECK_FALSE(host.at_least(6, 1));
}

TEST_CASE("descriptor limits") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{256, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  if (before.rlim_max >= 600) {
    CHECK(raise_limits(40, good_host()).has_value());
    rlimit after{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == 592);
    CHECK(after.rlim_max == before.rlim_max);
  }
  // More than fs.nr_open can ever be: not even root gets it.
  auto result = raise_limits(size_t{1} << 40, good_host());
  REQUIRE_FALSE(result.has_value());
  CHECK(has(result.error().text(), "ulimit -n 2199023256064"));
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("return probes are left out where they kill programs under seccomp") {
  const auto kill = [](unsigned major, unsigned minor, unsigned patch) {
    Host host;
    host.major = major;
    host.minor = minor;
    host.patch = patch;
    return uretprobes_kill(host);
  };
#ifdef __x86_64__
  CHECK(kill(6, 11, 0));
  CHECK(kill(6, 11, 11));
  CHECK(kill(6, 12, 13));
  CHECK(kill(6, 13, 2));
#endif
  CHECK_FALSE(kill(6, 10, 14));
  CHECK_FALSE(kill(6, 12, 14));
  CHECK_FALSE(kill(6, 13, 3));
  CHECK_FALSE(kill(6, 14, 0));
  CHECK_FALSE(kill(5, 12, 1));
  CHECK_FALSE(kill(7, 12, 1));
}
