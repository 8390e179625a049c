// SPDX-License-Identifier: BSD-2-Clause
// Does this kernel's verifier accept every program under every kind of configuration? Dead code is
// never looked at, so each filter has to be set once for its code to be seen. Loads only, attaches
// nothing. One line for each: `ok program config verified=N size=N`; exit status 1 after a FAIL.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attach/config.h"
#include "bpf/calls.h"
#include "bpf/calls.skel.h"
#include "bpf/event.h"
#include "bpf/trace.skel.h"

namespace {

struct Variant {
  const char* name;
  void (*apply)(st_config&);
};

// Every filter with two rules: one would let the loops go.
const std::vector<Variant> kFilters = {
    {"pid", [](st_config& c) { c.pid_count = 2, c.pids[0] = 1, c.pids[1] = 2; }},
    {"own", [](st_config& c) { c.own_tgid = 77; }},
    {"comm",
     [](st_config& c) {
       c.comm_count = 2;
       c.comms[0] = {"sshd", 5};  // whole name: with its NUL
       c.comms[1] = {"exactly15bytes_", 16};
     }},
    {"addr",
     [](st_config& c) {
       c.addr_count = 2;
       c.addrs[0] = {{0x0a, 0, 0, 0}, {0xff, 0, 0, 0}, 2};
       c.addrs[1] = {{1, 2, 3, 4}, {~0u, ~0u, ~0u, ~0u}, 10};
     }},
    {"port",
     [](st_config& c) {
       c.port_count = 2, c.ports[0] = {22, 22}, c.ports[1] = {80, 90};
     }},
    {"protocol",
     [](st_config& c) { c.protocol_count = 2, c.protocols[0] = 6, c.protocols[1] = 262; }},
    {"family", [](st_config& c) { c.family_count = 2, c.families[0] = 2, c.families[1] = 1; }},
    {"mark",
     [](st_config& c) {
       c.mark_count = 2, c.marks[0] = {1, 1}, c.marks[1] = {2, ~0u};
     }},
    {"uid", [](st_config& c) { c.uid_count = 2, c.uids[0] = 0, c.uids[1] = 1000; }},
    {"netns", [](st_config& c) { c.netns_count = 2, c.netns[0] = 1, c.netns[1] = 4026531840u; }},
};

void apply_all(st_config& c) {
  for (const Variant& filter : kFilters) filter.apply(c);
}

// The longest lists that st_config can hold.
void apply_full(st_config& c) {
  apply_all(c);
  c.pid_count = ST_MAX_PIDS, c.comm_count = ST_MAX_COMMS, c.addr_count = ST_MAX_ADDRS;
  c.port_count = ST_MAX_PORTS, c.protocol_count = ST_MAX_PROTOCOLS;
  c.family_count = ST_MAX_FAMILIES, c.mark_count = ST_MAX_MARKS, c.netns_count = ST_MAX_NETNS;
  for (int i = 0; i < ST_MAX_COMMS; i++) c.comms[i] = c.comms[1];
  for (int i = 0; i < ST_MAX_ADDRS; i++) c.addrs[i] = c.addrs[i % 2];
}

void apply_extras(st_config& c) {
  c.want_details = c.want_stack = c.in_pidns = c.only_failed = 1;
  c.pidns_dev = 4, c.pidns_ino = 4026531836u;
  c.limit = 10, c.wakeup_bytes = 65536;
}

std::vector<Variant> variants() {
  std::vector<Variant> all = {{"none", [](st_config&) {}}};
  all.insert(all.end(), kFilters.begin(), kFilters.end());
  all.push_back({"filters", apply_all});
  all.push_back({"full-lists", apply_full});
  all.push_back({"details", [](st_config& c) { c.want_details = 1; }});
  all.push_back({"stack", [](st_config& c) { c.want_stack = 1; }});
  all.push_back({"limit", [](st_config& c) { c.limit = 10; }});
  all.push_back({"wakeup", [](st_config& c) { c.wakeup_bytes = 65536; }});
  all.push_back({"pidns", [](st_config& c) { c.in_pidns = 1, c.pidns_ino = 4026531836u; }});
  all.push_back({"extras", apply_extras});
  all.push_back({"everything", [](st_config& c) { apply_full(c), apply_extras(c); }});
  return all;
}

// An object of ours, whatever its skeleton.
struct Opened {
  std::shared_ptr<void> skeleton;
  bpf_object* object = nullptr;
  st_config* config = nullptr;
  bpf_map* ring = nullptr;
  std::function<int()> load;
};

template <typename Skeleton>
Opened open() {
  std::shared_ptr<Skeleton> skeleton(Skeleton::open(nullptr), [](Skeleton* s) {
    if (s != nullptr) Skeleton::destroy(s);
  });
  if (!skeleton) return {};
  auto* config = const_cast<st_config*>(&skeleton->rodata->st_config);
  return {skeleton, skeleton->obj, config, skeleton->maps.ring,
          [skeleton] { return Skeleton::load(skeleton.get()); }};
}

// What else the programs have to be asked for, so that nothing of them is dead code.
Opened open_calls() {
  Opened opened = open<calls_bpf>();
  if (!opened.object) return opened;
  auto* skeleton = static_cast<calls_bpf*>(opened.skeleton.get());
  skeleton->rodata->st_follow_state = 1;
  for (auto& number : skeleton->rodata->st_numbers) number = 1;
  return opened;
}

struct Kind {
  const char* name;
  Opened (*open)();
};
constexpr Kind kKinds[] = {{"trace", open<trace_bpf>}, {"calls", open_calls}};

using KernelTypes = std::unique_ptr<btf, decltype(&btf__free)>;

// 6.2; Debian 6.1 has neither this nor anything to attach such a program to.
bool has_rdonly_cast() {
  const KernelTypes kernel(btf__load_vmlinux_btf(), &btf__free);
  return !kernel || btf__find_by_name_kind(kernel.get(), "bpf_rdonly_cast", BTF_KIND_FUNC) >= 0;
}

// Cookies came with 5.15; there the programs that ask for one are refused, and rightly so.
bool has_cookies() {
  const KernelTypes kernel(btf__load_vmlinux_btf(), &btf__free);
  if (!kernel) return true;
  const int id = btf__find_by_name_kind(kernel.get(), "bpf_func_id", BTF_KIND_ENUM);
  if (id < 0) return true;
  const btf_type* type = btf__type_by_id(kernel.get(), static_cast<__u32>(id));
  for (int i = 0; i < btf_vlen(type); i++)
    if (std::string_view(btf__name_by_offset(kernel.get(), btf_enum(type)[i].name_off)) ==
        "BPF_FUNC_get_attach_cookie")
      return true;
  return false;
}

bool wants_cookie(const std::string& program) {
  return program.starts_with("st_multi") || program.starts_with("st_kprobe");
}

// The kernel looks per-CPU variables up by symbol: only CONFIG_KALLSYMS_ALL has those.
bool has_preempt_count() {
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);)
    if (line.ends_with(" __preempt_count") || line.ends_with(" pcpu_hot")) return true;
  return false;
}

struct Log {
  std::string program;
  std::vector<char> text = std::vector<char>(1 << 20);
};

// Loads those of `programs` under one configuration; true when the kernel took them all.
bool load(const Kind& kind, const Variant& variant, std::vector<Log>& programs, bool verbose,
          bool report) {
  const Opened opened = kind.open();
  if (!opened.object) return false;
  variant.apply(*opened.config);
  socketrace::choose_ways(*opened.config);
  bpf_map__set_max_entries(opened.ring, 65536);
  for (Log& log : programs) {
    bpf_program* program = bpf_object__find_program_by_name(opened.object, log.program.c_str());
    if (program == nullptr) return false;
    log.text[0] = '\0';
    bpf_program__set_autoload(program, true);
    bpf_program__set_log_level(program, verbose ? 1 | 4 : 4);
    bpf_program__set_log_buf(program, log.text.data(), log.text.size());
  }
  if (opened.load() != 0) return false;
  if (!report) return true;
  for (const Log& log : programs) {
    const bpf_program* program =
        bpf_object__find_program_by_name(opened.object, log.program.c_str());
    bpf_prog_info info = {};
    __u32 size = sizeof(info);
    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size);
    const char* seen = std::strstr(log.text.data(), "processed ");
    std::printf("ok   %-24s %-12s verified=%-6ld size=%u\n", log.program.c_str(), variant.name,
                seen ? std::strtol(seen + 10, nullptr, 10) : 0, info.xlated_prog_len / 8);
  }
  return true;
}

// The end of the verifier's log says what it did not like.
void print_tail(const char* text) {
  const std::string_view log(text);
  std::fwrite(log.data() + (log.size() > 3000 ? log.size() - 3000 : 0), 1,
              std::min<size_t>(log.size(), 3000), stdout);
}

int quiet(libbpf_print_level, const char*, va_list) {
  return 0;
}

// The programs of an object that this kernel can have at all.
std::vector<Log> programs_of(const Kind& kind) {
  static const bool cookies = has_cookies(), rdonly_cast = has_rdonly_cast(),
                    preempt_count = has_preempt_count();
  std::vector<Log> programs;
  const Opened opened = kind.open();
  if (!opened.object) return programs;
  bpf_program* program;
  bpf_object__for_each_program(program, opened.object) {
    const std::string name = bpf_program__name(program);
    if (wants_cookie(name) && !cookies) {
      std::printf("skip %-24s needs bpf_get_attach_cookie (5.15)\n", name.c_str());
      continue;
    }
    if (name.ends_with("_direct") && !rdonly_cast) {
      std::printf("skip %-24s needs bpf_rdonly_cast (6.2)\n", name.c_str());
      continue;
    }
    if ((name.ends_with("_context") || name.ends_with("_direct")) && !preempt_count) {
      std::printf("skip %-24s needs the symbol __preempt_count\n", name.c_str());
      continue;
    }
    programs.push_back({.program = name});
  }
  return programs;
}

// How many programs the kernel refused.
int verify(const Kind& kind) {
  std::vector<Log> programs = programs_of(kind);
  if (programs.empty()) {
    std::printf("FAIL open %s\n", kind.name);
    return 1;
  }
  int failed = 0;
  for (const Variant& variant : variants()) {
    if (load(kind, variant, programs, false, true)) continue;
    for (Log& log : programs) {  // one by one: which of them is it?
      std::vector<Log> one(1);
      one[0].program = log.program;
      if (load(kind, variant, one, false, true)) continue;
      failed++;
      std::printf("FAIL %-24s %-12s\n", log.program.c_str(), variant.name);
      if (failed > 1) continue;  // the log of the first tells enough
      load(kind, variant, one, true, false);
      print_tail(one[0].text.data());
    }
  }
  return failed;
}

}  // namespace

// verify-configs [OBJECT]
int main(int argc, char** argv) {
  if (std::getenv("LIBBPF_LOG") == nullptr) libbpf_set_print(quiet);
  int failed = 0;
  bool known = argc < 2;
  for (const Kind& kind : kKinds) {
    if (argc > 1 && std::string_view(kind.name) != argv[1]) continue;
    known = true;
    failed += verify(kind);
  }
  if (!known) {
    std::puts("FAIL: want trace or calls");
    return 2;
  }
  std::printf("%d failed\n", failed);
  return failed == 0 ? 0 : 1;
}
