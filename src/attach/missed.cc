// SPDX-License-Identifier: BSD-2-Clause
#include "attach/missed.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace socketrace {
namespace {

constexpr uint32_t kLinkPerfEvent = 7;    // BPF_LINK_TYPE_PERF_EVENT
constexpr uint32_t kLinkKprobeMulti = 8;  // BPF_LINK_TYPE_KPROBE_MULTI

// struct bpf_link_info as of 6.7, newer than many a build host's linux/bpf.h.
struct KprobeMultiInfo {
  uint64_t addrs;
  uint32_t count, flags;
  uint64_t missed;
};
struct PerfKprobeInfo {
  uint32_t type, pad;
  uint64_t func_name;
  uint32_t name_len, offset;
  uint64_t addr;
  uint64_t missed;
};
struct LinkInfo {
  uint32_t type, id, prog_id, pad;
  union {
    KprobeMultiInfo kprobe_multi;
    PerfKprobeInfo perf_kprobe;
  };
};
// The kernel answers with the size of its own struct. 6.6 has 48 bytes and no `missed` anywhere;
// 6.7 (e2b2cd592adb, 3acf8ace6823) added both, which made it 56: the one test fits both members.
constexpr uint32_t kSizeWithMissed = 56;
static_assert(sizeof(LinkInfo) == kSizeWithMissed);
static_assert(offsetof(LinkInfo, kprobe_multi) + offsetof(KprobeMultiInfo, missed) == 32);
static_assert(offsetof(LinkInfo, perf_kprobe) + offsetof(PerfKprobeInfo, missed) == 48);

}  // namespace

std::optional<uint64_t> missed_by_link(int link_fd) {
  LinkInfo info{};
  uint32_t length = sizeof info;
  if (bpf_obj_get_info_by_fd(link_fd, &info, &length) != 0 || length < kSizeWithMissed) {
    return std::nullopt;
  }
  if (info.type == kLinkKprobeMulti) return info.kprobe_multi.missed;
  if (info.type == kLinkPerfEvent) return info.perf_kprobe.missed;
  return std::nullopt;
}

namespace {

// Where the kernel's bpf_prog_info has no such member nothing counts in it: 0.
std::optional<uint64_t> recursion_misses(int program_fd) {
  bpf_prog_info info{};
  uint32_t length = sizeof info;
  if (bpf_obj_get_info_by_fd(program_fd, &info, &length) != 0) return std::nullopt;
  if (length < offsetof(bpf_prog_info, recursion_misses) + sizeof info.recursion_misses) return 0;
  return info.recursion_misses;
}

}  // namespace

std::optional<uint64_t> missed_by_program(int program_fd, const Host& host) {
  // The field is there since 5.12, for trampolines. Kprobe programs count in it only since 6.7
  // (dd8657894c11); before, its 0 would be a lie.
  if (!host.at_least(6, 7)) return std::nullopt;
  return recursion_misses(program_fd);
}

std::optional<uint64_t> missed_by_raw_program(int program_fd) {
  return recursion_misses(program_fd);
}

}  // namespace socketrace
