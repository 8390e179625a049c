// SPDX-License-Identifier: BSD-2-Clause
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "select/pick.h"
#include "unit/select/toy_files.h"

using namespace socketrace;

namespace {

Targets wanted(std::initializer_list<const char*> names) {
  Targets picked;
  uint32_t id = 100;
  for (const std::string name : names) {
    const size_t at = name.find('@');
    Target target;
    target.name = name.substr(0, at);
    if (at != std::string::npos) target.module = name.substr(at + 1);
    target.btf_id = id++;
    picked.targets.push_back(target);
  }
  return picked;
}

// "name[module]id@address" of each target, then "-name: reason".
std::string keep(ToyFiles& files, std::initializer_list<const char*> names,
                 std::vector<std::string>* notes = nullptr) {
  Targets kept = keep_traceable(wanted(names), files.kernel());
  std::string text;
  for (const Target& target : kept.targets) {
    char address[32];
    std::snprintf(address, sizeof(address), "@%lx\n", static_cast<unsigned long>(target.address));
    text += target.name + "[" + target.module + "]" + std::to_string(target.btf_id) + address;
  }
  for (const Skipped& skipped : kept.skipped)
    text += "-" + skipped.name + ": " + skipped.reason + "\n";
  if (notes != nullptr)
    *notes = kept.notes;
  else
    CHECK(kept.notes.empty());
  return text;
}

constexpr const char* kList = "tracing/available_filter_functions";

}  // namespace

TEST_CASE("traceable: in both lists, with the address; modules exactly") {
  ToyFiles files;
  files.write(kList, "a\nb [m]\nb\nc\t[m]\n");
  files.write("kallsyms",
              "ffffffff81000000 T a\nffffffff81000010 t b\nffffffff81000020 D a\n"
              "ffffffff8100000f t __pfx_a\nffffffffc0000000 t b\t[m]\nffffffffc0000010 t c\t[n]\n"
              "ffffffffc0000020 w c\t[m]\n");
  CHECK(keep(files, {"a", "b", "b@m", "c@m"}) ==
        "a[]100@ffffffff81000000\nb[]101@ffffffff81000010\nb[m]102@ffffffffc0000000\n"
        "c[m]103@ffffffffc0000020\n");
}

TEST_CASE("traceable: why a function is left out") {
  ToyFiles files;
  files.write(kList, "opt.isra.0\nopt.isra.0.cold\nlisted_only\ntwice\nsplit.part.0 [m]\n");
  files.write("kallsyms",
              "ffffffff81000000 T notrace_one\nffffffff81000010 t twice\nffffffff81000020 t twice\n"
              "ffffffff81000030 t opt.isra.0\n");
  CHECK(keep(files, {"inlined", "listed_only", "notrace_one", "opt", "split", "twice"}) ==
        "-inlined: not in available_filter_functions (notrace, or inlined everywhere)\n"
        "-listed_only: no function of this name in kallsyms\n"
        "-notrace_one: not in available_filter_functions (notrace, or inlined everywhere)\n"
        "-opt: the kernel has it only as opt.isra.0, whose arguments the compiler may have "
        "changed\n"
        "-split: not in available_filter_functions (notrace, or inlined everywhere)\n"
        "-twice: 2 functions of this name, of which 1 can be traced: which is not known\n");
}

TEST_CASE("traceable: a function that link-time optimisation renamed is that function") {
  ToyFiles files;
  files.write(kList, "a.llvm.123\nb.llvm.\nc.llvm.12x\n");
  files.write("kallsyms",
              "0000000000001000 t a.llvm.123\n0000000000002000 t b.llvm.\n0000000000003000 t c\n");
  CHECK(
      keep(files, {"a", "b", "c"}) ==
      "a[]100@1000\n"
      "-b: the kernel has it only as b.llvm., whose arguments the compiler may have changed\n"
      "-c: the kernel has it only as c.llvm.12x, whose arguments the compiler may have changed\n");
}

TEST_CASE("traceable: several functions of one name, all traceable: each by its address") {
  ToyFiles files;
  files.write(kList, "twice\na\ntwice\n");
  files.write("kallsyms",
              "0000000000002000 t twice\n0000000000003000 t a\n0000000000001000 t twice\n");
  CHECK(keep(files, {"a", "twice"}) == "a[]100@3000\ntwice[]101@1000\ntwice[]101@2000\n");
}

TEST_CASE("traceable: the list in the second place") {
  ToyFiles files;
  files.write("debug/tracing/available_filter_functions", "a\n");
  files.write("kallsyms", "0000000000001000 T a\n0000000000002000 T b\n");
  CHECK(keep(files, {"a", "b"}) ==
        "a[]100@1000\n-b: not in available_filter_functions (notrace, or inlined everywhere)\n");
}

TEST_CASE("traceable: no list: by address, and a note with the remedy") {
  ToyFiles files;
  files.write("kallsyms", "0000000000001000 T a\n0000000000002000 t b\n0000000000003000 t b\n");
  std::vector<std::string> notes;
  CHECK(keep(files, {"a", "b", "c"}, &notes) ==
        "a[]100@1000\nb[]101@2000\nb[]101@3000\n-c: no function of this name in kallsyms\n");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == "no available_filter_functions in " + files.path("tracing") + " or " +
                        files.path("debug/tracing") + " (mount -t tracefs nodev " +
                        files.path("tracing") +
                        "); functions that cannot be traced show only when attaching");
}

TEST_CASE("traceable: a list that is empty or not readable tells nothing about any function") {
  ToyFiles files;
  files.write("kallsyms", "0000000000001000 T a\n");
  std::vector<std::string> notes;
  files.write(kList, "");
  CHECK(keep(files, {"a"}, &notes) == "a[]100@1000\n");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with(files.path(kList) + " is empty"));
  std::filesystem::remove(files.path(kList));
  std::filesystem::create_directories(files.path(kList));
  CHECK(keep(files, {"a"}, &notes) == "a[]100@1000\n");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with("read " + files.path(kList) + ": Is a directory"));
}

TEST_CASE("traceable: hidden addresses: by name, what is unambiguous, and the sysctl") {
  ToyFiles files;
  files.write(kList, "a\nb\nb\nc\n");
  files.write("kallsyms",
              "0000000000000000 T a\n0000000000000000 t b\n0000000000000000 t b\n"
              "0000000000000000 t c\n0000000000000000 t c\n");
  files.write("kptr_restrict", "2\n");
  std::vector<std::string> notes;
  CHECK(keep(files, {"a", "b", "c"}, &notes) ==
        "a[]100@0\n-b: 2 functions of this name, and no addresses to tell them apart\n"
        "-c: 2 functions of this name, of which 1 can be traced: which is not known\n");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == files.path("kallsyms") +
                        " hides addresses (kernel.kptr_restrict is 2): CAP_SYSLOG and sysctl -w "
                        "kernel.kptr_restrict=1 show them; functions are attached by name");
}

TEST_CASE("traceable: no kallsyms: by name, with the list as far as it goes") {
  ToyFiles files;
  files.write(kList, "a\nb\nb\n");
  std::vector<std::string> notes;
  CHECK(keep(files, {"a", "b", "c"}, &notes) ==
        "a[]100@0\n-b: 2 functions of this name, and no addresses to tell them apart\n"
        "-c: not in available_filter_functions (notrace, or inlined everywhere)\n");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0] == "open " + files.path("kallsyms") +
                        ": No such file or directory; functions are attached by name");
}

TEST_CASE("traceable: neither list: everything, by name") {
  ToyFiles files;
  std::vector<std::string> notes;
  CHECK(keep(files, {"a", "b@m"}, &notes) == "a[]100@0\nb[m]101@0\n");
  CHECK(notes.size() == 2);
}

TEST_CASE("traceable: lists with CRLF, without a last newline, with noise and long lines") {
  ToyFiles files;
  const std::string noise = std::string(10240, 'x') + "\n\n \n[\n]\n[]\n.\n.a\n" +
                            std::string("\0\xff\n", 3) + std::string(200000, '.') + "\n";
  files.write(kList, noise + "a\r\nb [m]\r\n" + noise + "c");
  files.write("kallsyms", noise + "0000000000001000 T a\r\n0000000000002000 t b\t[m]\r\n" + noise +
                              "zzzz T a\n0000000000003000 T c");
  CHECK(keep(files, {"a", "b@m", "c"}) == "a[]100@1000\nb[m]101@2000\nc[]102@3000\n");
}

TEST_CASE("traceable: what was skipped and noted before stays") {
  ToyFiles files;
  files.write(kList, "a\n");
  files.write("kallsyms", "0000000000001000 T a\n");
  Targets picked = wanted({"a", "m"});
  picked.skipped.push_back({"z", "", "before"});
  picked.notes.emplace_back("noted");
  const Targets kept = keep_traceable(std::move(picked), files.kernel());
  CHECK(kept.notes == std::vector<std::string>{"noted"});
  REQUIRE(kept.skipped.size() == 2);
  CHECK(kept.skipped[0].name == "m");
  CHECK(kept.skipped[1].name == "z");
}

TEST_CASE("a name that no BTF describes: kallsyms tells where the function is") {
  ToyFiles files;
  files.write(kList, "");
  files.write("kallsyms",
              "ffffffff81000000 T entry\nffffffffc0000000 t br_forward\t[bridge]\n"
              "ffffffffc0000010 t nf_hook\t[nf]\nffffffff81000000 T described\n");
  files.write("btf/nf", "");
  Targets picked;
  for (const char* name : {"br_forward", "entry", "nf_hook", "nowhere"}) {
    picked.skipped.push_back({name, "", "unknown", true});
  }
  picked.skipped.push_back({"described", "", "no socket", false});
  const Targets kept = keep_traceable(std::move(picked), files.kernel());
  REQUIRE(kept.skipped.size() == 5);
  CHECK(kept.skipped[0].reason ==
        "in the module bridge, of which the kernel has no BTF (needs 5.11+ with "
        "CONFIG_DEBUG_INFO_BTF_MODULES=y)");
  CHECK(kept.skipped[1].reason ==
        "the kernel has it, but its BTF does not (not compiled from C, or left out by pahole)");
  CHECK(kept.skipped[2].reason == "in the module nf, whose BTF is not read (--modules, --btf)");
  CHECK(kept.skipped[3].reason == "unknown");
  CHECK(kept.skipped[4].reason == "no socket");
}
