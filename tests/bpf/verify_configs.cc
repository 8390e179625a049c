// SPDX-License-Identifier: BSD-2-Clause
// Does this kernel's verifier accept every program under every kind of configuration? Dead code is
// never looked at, so each filter has to be set once for its code to be seen. Loads only, attaches
// nothing. One line for each: `ok object.program config verified=N size=N stack=N+N`, the frames of
// its functions in the verifier's order; at the end `most object.program verified=N config stack=N`
// over all configurations, the stack of one function. Exit status 1 after a FAIL.
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

#include "bpf/contract/calls.h"
#include "bpf/contract/connect.h"
#include "bpf/contract/count.h"
#include "bpf/contract/dump.h"
#include "bpf/contract/event.h"

// Skeletons name the structs of the contract, and include nothing.
#include "attach/config.h"
#include "attach/held.h"
#include "bpf/calls.skel.h"
#include "bpf/connect.skel.h"
#include "bpf/count.skel.h"
#include "bpf/dump.skel.h"
#include "bpf/trace.skel.h"
#include "tests/bpf/variants.h"

namespace {

// An object of ours, whatever its skeleton.
struct Opened {
  std::shared_ptr<void> skeleton;
  bpf_object* object = nullptr;
  st_config* config = nullptr;
  bpf_map* ring = nullptr;  // count has none
  std::function<int()> load;
};

template <typename Skeleton>
Opened open() {
  std::shared_ptr<Skeleton> skeleton(Skeleton::open(nullptr), [](Skeleton* s) {
    if (s != nullptr) Skeleton::destroy(s);
  });
  if (!skeleton) return {};
  auto* config = const_cast<st_config*>(&skeleton->rodata->st_config);
  bpf_map* ring = nullptr;
  if constexpr (requires { skeleton->maps.ring; }) ring = skeleton->maps.ring;
  return {skeleton, skeleton->obj, config, ring,
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

Opened open_connect() {
  Opened opened = open<connect_bpf>();
  if (!opened.object) return opened;
  auto& config = static_cast<connect_bpf*>(opened.skeleton.get())->rodata->st_connect_config;
  config.want_args = config.want_host = 1;
  config.read = 1, config.recvfrom = 2, config.recvmsg = 3, config.recvmmsg = 4;
  return opened;
}

Opened open_count() {
  Opened opened = open<count_bpf>();
  if (!opened.object) return opened;
  static_cast<count_bpf*>(opened.skeleton.get())->rodata->st_count_config.by_operation = 1;
  return opened;
}

template <st_count_by by>
Opened open_count_by() {
  Opened opened = open<count_bpf>();
  if (!opened.object) return opened;
  auto* skeleton = static_cast<count_bpf*>(opened.skeleton.get());
  skeleton->rodata->st_count_config.by = by;
  return opened;
}

bool every(std::string_view) {
  return true;
}
// What is counted by key.
bool accepts_or_connects(std::string_view program) {
  if (program.ends_with("_held")) program.remove_suffix(std::strlen("_held"));
  return program.ends_with("_accept") || program.ends_with("_accept4") ||
         program.ends_with("_connect");
}

// A key is made after the filters, whatever they are.
std::vector<Variant> none_and_all() {
  const std::vector<Variant> all = variants();
  return {all.front(), all.back()};
}

// Both questions at once of who matches would be one; by name is the larger.
Opened open_dump(bool by_file) {
  Opened opened = open<dump_bpf>();
  if (!opened.object) return opened;
  st_dump_config& dump = static_cast<dump_bpf*>(opened.skeleton.get())->rodata->st_dump;
  dump.by_file = by_file ? 1 : 0;
  dump.file_inode = 4711, dump.file_device = 1;
  dump.sides = ST_DUMP_SEND | ST_DUMP_RECV;
  dump.types = 1U << 1 | 1U << 2;
  dump.failed = 1;
  dump.max_bytes = ST_DUMP_MAX_BYTES;
  dump.glob.tokens = 100;
  for (auto& byte : dump.glob.accept) byte[0] = byte[1] = ~0ull;
  return opened;
}
Opened open_dump_by_name() {
  return open_dump(false);
}
Opened open_dump_by_file() {
  return open_dump(true);
}

struct Kind {
  const char* name;
  Opened (*open)();
  bool (*covers)(std::string_view program) = every;
  std::vector<Variant> (*variants)() = ::variants;
};
constexpr Kind kKinds[] = {
    {"trace", open<trace_bpf>},
    {"calls", open_calls},
    {"connect", open_connect},
    {"count", open_count},
    {"count-by-family", open_count_by<ST_BY_FAMILY>, accepts_or_connects, none_and_all},
    {"count-by-protocol", open_count_by<ST_BY_PROTOCOL>, accepts_or_connects, none_and_all},
    {"count-by-comm", open_count_by<ST_BY_COMM>, accepts_or_connects, none_and_all},
    {"count-by-pid", open_count_by<ST_BY_PID>, accepts_or_connects, none_and_all},
    {"count-by-port", open_count_by<ST_BY_PORT>, accepts_or_connects, none_and_all},
    {"count-by-addr", open_count_by<ST_BY_ADDR>, accepts_or_connects, none_and_all},
    {"dump", open_dump_by_name},
    {"dump-file", open_dump_by_file, every, none_and_all},
};

using KernelTypes = std::unique_ptr<btf, decltype(&btf__free)>;

bool has_function(const char* name) {
  static const KernelTypes kKernel(btf__load_vmlinux_btf(), &btf__free);
  return !kKernel || btf__find_by_name_kind(kKernel.get(), name, BTF_KIND_FUNC) >= 0;
}

// 6.2; Debian 6.1 has neither this nor anything to attach such a program to.
bool has_rdonly_cast() {
  return has_function("bpf_rdonly_cast");
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

// Where a twin can hold the CPU, it is loaded in the other's place.
bool has_twin(const bpf_object* object, const std::string& program) {
  return bpf_object__find_program_by_name(object, (program + "_held").c_str()) != nullptr;
}

bool wants_cookie(const std::string& program) {
  return program.starts_with("st_multi") || program.starts_with("st_kprobe");
}

// The kernel looks per-CPU variables up by symbol: only CONFIG_KALLSYMS_ALL has those.
bool has_preempt_count() {
#ifdef __aarch64__
  return true;  // in the task
#endif
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);)
    if (line.ends_with(" __preempt_count") || line.ends_with(" pcpu_hot")) return true;
  return false;
}

// "fexit/sock_sendpage", "fentry/..." -> "sock_sendpage", unless this kernel has it.
std::string_view missing_function(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  if (!section.starts_with("fexit/") && !section.starts_with("fentry/")) return {};
  const std::string_view function = section.substr(section.find('/') + 1);
  return has_function(function.data()) ? std::string_view() : function;
}

// bpf/functions.h's st_KIND_N_M differ in nothing but two argument registers: one of a kind with a
// packet beside it and one without stand for the others, which load under no filter and under
// everything.
bool has_brothers(std::string_view program) {
  for (std::string_view kind : {"st_sock_", "st_socket_", "st_skb_"})
    if (program.starts_with(kind)) return !program.ends_with("_1_0") && !program.ends_with("_1_2");
  return false;
}

struct Log {
  std::string program;
  std::vector<char> text = std::vector<char>(1 << 20);
  long most_verified = 0;  // instructions, of all configurations so far
  const char* most_variant = "";
  long most_stack = 0;  // bytes of one function's frame
};

// What the end of the verifier's log says: "processed N insns (limit ..." and "stack depth N+N".
long verified_of(const Log& log) {
  const char* found = std::strstr(log.text.data(), "processed ");
  return found != nullptr ? std::strtol(found + 10, nullptr, 10) : 0;
}
std::string stack_of(const Log& log) {
  const char* found = std::strstr(log.text.data(), "stack depth ");
  if (found == nullptr) return "0";
  found += 12;
  return {found, std::strspn(found, "0123456789+")};
}

// Keeps the largest, for the account at the end.
void note(Log& log, const char* variant, const std::string& stack) {
  for (const char* frame = stack.c_str(); *frame != '\0'; frame += std::strspn(frame, "+")) {
    char* end = nullptr;
    log.most_stack = std::max(log.most_stack, std::strtol(frame, &end, 10));
    frame = end;
  }
  if (verified_of(log) <= log.most_verified) return;
  log.most_verified = verified_of(log);
  log.most_variant = variant;
}

// Loads those of `programs` under one configuration; true when the kernel took them all.
bool load(const Kind& kind, const Variant& variant, const std::vector<Log*>& programs, bool verbose,
          bool report) {
  const Opened opened = kind.open();
  if (!opened.object) return false;
  variant.apply(*opened.config);
  socketrace::choose_ways(*opened.config);
  if (opened.ring != nullptr) bpf_map__set_max_entries(opened.ring, 65536);
  for (Log* log : programs) {
    bpf_program* program = bpf_object__find_program_by_name(opened.object, log->program.c_str());
    if (program == nullptr) return false;
    log->text[0] = '\0';
    bpf_program__set_autoload(program, true);
    bpf_program__set_log_level(program, verbose ? 1 | 4 : 4);
    bpf_program__set_log_buf(program, log->text.data(), log->text.size());
  }
  if (opened.load() != 0) return false;
  if (!report) return true;
  for (Log* log : programs) {
    const bpf_program* program =
        bpf_object__find_program_by_name(opened.object, log->program.c_str());
    bpf_prog_info info = {};
    __u32 size = sizeof(info);
    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size);
    const std::string stack = stack_of(*log);
    note(*log, variant.name, stack);
    std::printf("ok   %s.%-24s %-12s verified=%-6ld size=%u stack=%s\n", kind.name,
                log->program.c_str(), variant.name, verified_of(*log), info.xlated_prog_len / 8,
                stack.c_str());
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
std::vector<Log> programs_of(const Kind& kind, std::string_view only) {
  static const bool kCookies = has_cookies(), kRdonlyCast = has_rdonly_cast(),
                    kPreemptCount = has_preempt_count(), kHold = socketrace::can_hold();
  std::vector<Log> programs;
  const Opened opened = kind.open();
  if (!opened.object) return programs;
  bpf_program* program;
  bpf_object__for_each_program(program, opened.object) {
    const std::string name = bpf_program__name(program);
    if (!kind.covers(name) || (!only.empty() && name != only)) continue;
    if (name.ends_with("_held") && !kHold) {
      std::printf("skip %-24s needs kfuncs that hold the CPU (6.15)\n", name.c_str());
      continue;
    }
    if (kHold && has_twin(opened.object, name)) {
      std::printf("skip %-24s %s_held is loaded in its place\n", name.c_str(), name.c_str());
      continue;
    }
    if (wants_cookie(name) && !kCookies) {
      std::printf("skip %-24s needs bpf_get_attach_cookie (5.15)\n", name.c_str());
      continue;
    }
    if (name.ends_with("_direct") && !kRdonlyCast) {
      std::printf("skip %-24s needs bpf_rdonly_cast (6.2)\n", name.c_str());
      continue;
    }
    if ((name.ends_with("_context") || name.ends_with("_direct")) && !kPreemptCount) {
      std::printf("skip %-24s needs the symbol __preempt_count\n", name.c_str());
      continue;
    }
    if (const std::string_view function = missing_function(program); !function.empty()) {
      std::printf("skip %-24s needs %s()\n", name.c_str(), function.data());
      continue;
    }
    programs.push_back({.program = name});
  }
  return programs;
}

// How many programs the kernel refused.
int verify(const Kind& kind, std::string_view program, std::string_view only) {
  std::vector<Log> programs = programs_of(kind, program);
  if (programs.empty()) {
    std::printf("FAIL open %s\n", kind.name);
    return 1;
  }
  int failed = 0;
  const std::vector<Variant> variants = kind.variants();
  for (const Variant& variant : variants) {
    if (!only.empty() && only != variant.name) continue;
    const bool one_of_many = &variant != &variants.front() && &variant != &variants.back();
    std::vector<Log*> wanted;
    for (Log& log : programs)
      if (!one_of_many || !has_brothers(log.program) || !program.empty()) wanted.push_back(&log);
    if (load(kind, variant, wanted, false, true)) continue;
    for (Log* log : wanted) {  // one by one: which of them is it?
      if (load(kind, variant, {log}, false, true)) continue;
      failed++;
      std::printf("FAIL %s.%-24s %-12s\n", kind.name, log->program.c_str(), variant.name);
      if (failed > 1) continue;  // the log of the first tells enough
      load(kind, variant, {log}, true, false);
      print_tail(log->text.data());
    }
  }
  for (const Log& log : programs)
    std::printf("most %s.%-24s verified=%-6ld %-12s stack=%ld\n", kind.name, log.program.c_str(),
                log.most_verified, log.most_variant, log.most_stack);
  return failed;
}

}  // namespace

// verify-configs [OBJECT [PROGRAM [CONFIG]]]
int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whoever ends us sees how far it went
  if (std::getenv("LIBBPF_LOG") == nullptr) libbpf_set_print(quiet);
  int failed = 0;
  bool known = argc < 2;
  for (const Kind& kind : kKinds) {
    if (argc > 1 && std::string_view(kind.name) != argv[1]) continue;
    known = true;
    failed += verify(kind, argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "");
  }
  if (!known) {
    std::fputs("FAIL: want one of:", stdout);
    for (const Kind& kind : kKinds) std::printf(" %s", kind.name);
    std::puts("");
    return 2;
  }
  std::printf("%d failed\n", failed);
  return failed == 0 ? 0 : 1;
}
