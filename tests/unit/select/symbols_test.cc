// SPDX-License-Identifier: BSD-2-Clause
#include "select/symbols.h"

#include <doctest/doctest.h>

#include "unit/select/toy_files.h"

using namespace socketrace;

namespace {

// "name+offset[module]" or "-".
std::string name_of(const SymbolTable& table, uint64_t address) {
  Symbol symbol;
  if (!table.find(address, symbol)) return "-";
  CHECK(symbol.address + symbol.offset == address);
  return std::string(symbol.name) + "+" + std::to_string(symbol.offset) + "[" +
         std::string(symbol.module) + "]";
}

constexpr std::string_view kText =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000000 T _stext\n"
    "ffffffff81000100 t helper\n"
    "ffffffff810001f0 T __pfx_tcp_sendmsg\n"
    "ffffffff81000200 T tcp_sendmsg\n"
    "ffffffff81000200 T tcp_sendmsg_alias\n"
    "ffffffff81000280 D some_data\n"
    "ffffffff81000300 W weak_one\n"
    "ffffffffc0000100 t vsock_poll\t[vsock]\n"
    "ffffffffc0000000 t vsock_bind\t[vsock]\n"
    "ffffffffc0001000 t bpf_prog_6deef7357e7b4530_x\t[bpf]\n";

}  // namespace

TEST_CASE("symbols: the nearest at or below, of text symbols only") {
  const SymbolTable table = SymbolTable::parse(kText);
  CHECK(table.size() == 7);
  CHECK_FALSE(table.addresses_hidden());
  CHECK(name_of(table, 0xffffffff80ffffff) == "-");
  CHECK(name_of(table, 0xffffffff81000000) == "_stext+0[]");
  CHECK(name_of(table, 0xffffffff810001f8) == "helper+248[]");
  CHECK(name_of(table, 0xffffffff81000204) == "tcp_sendmsg+4[]");
  CHECK(name_of(table, 0xffffffff81000290) == "tcp_sendmsg+144[]");
  CHECK(name_of(table, 0xffffffff81000300) == "weak_one+0[]");
  CHECK(name_of(table, 0xffffffffc0000001) == "vsock_bind+1[vsock]");
  CHECK(name_of(table, 0xffffffffc0000100) == "vsock_poll+0[vsock]");
  CHECK(name_of(table, 0xffffffffc0001010) == "bpf_prog_6deef7357e7b4530_x+16[bpf]");
}

TEST_CASE("symbols: what lies far from any function has no name") {
  const SymbolTable table = SymbolTable::parse(kText);
  CHECK(name_of(table, 0xffffffff81000300 + 0xfffff) == "weak_one+1048575[]");
  CHECK(name_of(table, 0xffffffff81000300 + 0x100000) == "-");
  CHECK(name_of(table, ~uint64_t{0}) == "-");
  CHECK(name_of(table, 0) == "-");
  CHECK(name_of(SymbolTable::parse(""), 0x1000) == "-");
}

TEST_CASE("symbols: behind a module's last symbol only its page is sure to be its own") {
  const SymbolTable table = SymbolTable::parse(
      "ffffffffc0000000 t tun_open\t[tun]\n"
      "ffffffffc0003f00 t tun_cleanup\t[tun]\n"
      "ffffffffc0009000 t br_init\t[bridge]\n");
  CHECK(name_of(table, 0xffffffffc0003e00) == "tun_open+15872[tun]");  // between two of its own
  CHECK(name_of(table, 0xffffffffc0003fff) == "tun_cleanup+255[tun]");
  CHECK(name_of(table, 0xffffffffc0004000) == "-");  // of a module that was loaded since
  CHECK(name_of(table, 0xffffffffc000a000) == "-");
}

TEST_CASE("symbols: a BPF program reaches as far as its code, whatever lies behind it") {
  SymbolTable table = SymbolTable::parse(
      "ffffffffc0001040 t bpf_prog_1_short\t[bpf]\n"
      "ffffffffc0001080 t bpf_prog_2_long\t[bpf]\n"
      "ffffffffc0009000 t bpf_trampoline_3\t[bpf]\n");
  CHECK(name_of(table, 0xffffffffc0001085) == "bpf_prog_2_long+5[bpf]");
  CHECK(name_of(table, 0xffffffffc0002000) == "-");  // how long it is nobody has told yet
  table.bound_bpf({{0xffffffffc0001080, 0x2000}, {0xffffffffc0001040, 0x20}});
  CHECK(name_of(table, 0xffffffffc000105f) == "bpf_prog_1_short+31[bpf]");
  CHECK(name_of(table, 0xffffffffc0001060) == "-");  // of a program that was loaded since
  CHECK(name_of(table, 0xffffffffc0003000) == "bpf_prog_2_long+8064[bpf]");
  CHECK(name_of(table, 0xffffffffc0003080) == "-");
  CHECK(name_of(table, 0xffffffffc0009fff) == "bpf_trampoline_3+4095[bpf]");
  CHECK(name_of(table, 0xffffffffc000a000) == "-");
}

TEST_CASE("symbols: hidden addresses are told from an empty list") {
  const SymbolTable hidden =
      SymbolTable::parse("0000000000000000 T a\n0000000000000000 t b\t[m]\n");
  CHECK(hidden.addresses_hidden());
  CHECK(hidden.size() == 0);
  CHECK_FALSE(SymbolTable::parse("").addresses_hidden());
  CHECK_FALSE(SymbolTable::parse("0000000000000000 A percpu\n").addresses_hidden());
  CHECK_FALSE(
      SymbolTable::parse("0000000000000000 T a\n0000000000001000 T b\n").addresses_hidden());
}

TEST_CASE("symbols: text that is no listing") {
  for (const std::string_view line :
       {"", " ", "x", "ffffffff81000000", "ffffffff81000000 ", "ffffffff81000000 T",
        "ffffffff81000000 T ", "zzzzzzzz81000000 T f", "1ffffffff81000000 T f", " T f",
        "ffffffff81000000 TT f", "ffffffff81000000  T f", "ffffffff81000000 T\tf", "]", "[]", "[",
        "ffffffff81000000 d [x]", "-fffffff81000000 T f", "0x81000000 T f"}) {
    CAPTURE(line);
    CHECK(SymbolTable::parse(line).size() == 0);
    const std::string between =
        "0000000000001000 T before\n" + std::string(line) + "\n0000000000002000 T after";
    const SymbolTable table = SymbolTable::parse(between);
    CHECK(table.size() == 2);
    CHECK(name_of(table, 0x2001) == "after+1[]");
  }
  CHECK(name_of(SymbolTable::parse("1000 T short_address\r\n"), 0x1000) == "short_address+0[]");
  const std::string longest(511, 'x');
  CHECK(SymbolTable::parse("0000000000001000 T " + longest).size() == 1);
  CHECK(SymbolTable::parse("0000000000001000 T " + longest + "x").size() == 0);
}

TEST_CASE("symbols: a million lines, unsorted, of a hundred modules") {
  ToyFiles files;
  std::string text;
  constexpr uint64_t kCount = 1000000;
  for (uint64_t i = 0; i < kCount; ++i) {
    char line[80];
    const uint64_t address = 0x1000 + (i * 7919 % kCount) * 16;
    const int size = std::snprintf(
        line, sizeof(line), "%016lx t f%lu\t[m%lu]\n", static_cast<unsigned long>(address),
        static_cast<unsigned long>(i), static_cast<unsigned long>(i % 100));
    text.append(line, static_cast<size_t>(size));
  }
  files.write("kallsyms", text);
  const auto table = SymbolTable::load(files.kernel());
  REQUIRE(table);
  CHECK(table->size() == kCount);
  CHECK(name_of(*table, 0x1000) == "f0+0[m0]");
  CHECK(name_of(*table, 0x1000 + 7919 * 16 + 15) == "f1+15[m1]");
}

TEST_CASE("symbols: more modules than can be numbered") {
  std::string text;
  for (int i = 0; i < 70000; ++i) {
    text += "00000000" + std::to_string(10000000 + i) + " t f\t[m" + std::to_string(i) + "]\n";
  }
  CHECK(SymbolTable::parse(text).size() == 65535);
}

TEST_CASE("symbols: no kallsyms is an error with its path") {
  ToyFiles files;
  const auto table = SymbolTable::load(files.kernel());
  REQUIRE_FALSE(table);
  CHECK(table.error().text() == "open " + files.path("kallsyms") + ": No such file or directory");
}
