// SPDX-License-Identifier: BSD-2-Clause
#include "format/frames.h"

#include <doctest/doctest.h>

#include <string>

#include "format/function_names.h"
#include "tests/unit/format/canned.h"

using namespace socketrace;

namespace {

std::string stack(Frames& frames, const std::vector<uint64_t>& addresses,
                  const Target* traced = nullptr) {
  Buffer out(64);
  frames.put(out, addresses, traced);
  return std::string(out.view());
}

}  // namespace

TEST_CASE("frames: addresses that share a slot do not mix") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "ffffffff8" + std::to_string(1000000 + i * 16) + " T f" + std::to_string(i) + "\n";
  const SymbolTable table = SymbolTable::parse(text);
  REQUIRE(table.size() == 1000);
  Frames cached(&table);
  // Far more addresses than slots, twice.
  for (int round = 0; round < 2; ++round) {
    for (uint64_t address = 0xffffffff81000000; address < 0xffffffff81016000; address += 3) {
      Symbol symbol;
      std::string expected = "\n\t";
      if (table.find(address, symbol)) {
        char offset[32];
        snprintf(offset, sizeof(offset), "+0x%lx", static_cast<unsigned long>(symbol.offset));
        expected += std::string(symbol.name) + offset;
      } else {
        char hex[32];
        snprintf(hex, sizeof(hex), "0x%lx", static_cast<unsigned long>(address));
        expected += hex;
      }
      REQUIRE(stack(cached, {address}) == expected);
    }
  }
}

TEST_CASE("frames: a name too long for a slot, and one that must be escaped") {
  const std::string name(300, 'n');
  const SymbolTable table =
      SymbolTable::parse("ffffffff81000000 T " + name + "\nffffffff82000000 T x\x1b\\y\t[mod]\n");
  Frames frames(&table);
  for (int round = 0; round < 2; ++round) {
    CHECK(stack(frames, {0xffffffff81000010}) == "\n\t" + name + "+0x10");
    CHECK(stack(frames, {0xffffffff82000001}) == "\n\tx\\x1b\\\\y+0x1 [mod]");
  }
}

TEST_CASE("frames: the traced function opens the stack once") {
  const SymbolTable table = SymbolTable::parse(
      "ffffffff81000000 T traced\nffffffff81000000 T alias\nffffffff81000100 T caller\n");
  Frames frames(&table);
  const Target by_address = target("traced", 0xffffffff81000000);
  const Target by_name = target("caller");
  // Whichever of the two names the table gives, it is the same function.
  CHECK(stack(frames, {0xffffffff81000004, 0xffffffff81000110}, &by_address).find("\n\ttraced\n") ==
        std::string::npos);
  CHECK(stack(frames, {0xffffffff81000110}, &by_address) == "\n\ttraced\n\tcaller+0x10");
  CHECK(stack(frames, {0xffffffff81000110}, &by_name) == "\n\tcaller+0x10");
  CHECK(stack(frames, {}, &by_address) == "\n\t(stack not taken)");
  CHECK(stack(frames, {0, 0}, &by_address) == "\n\t(stack not taken)");
}

TEST_CASE("frames: a return address belongs to the function that made the call") {
  const SymbolTable table = SymbolTable::parse(
      "ffffffff81000000 T traced\nffffffff81000100 T gives_up\nffffffff81000200 T next\n");
  Frames frames(&table);
  const Target traced = target("traced", 0xffffffff81000000);
  // gives_up ends in a call, whose return address is the start of next.
  CHECK(stack(frames, {0xffffffff81000004, 0xffffffff81000200}, &traced) ==
        "\n\ttraced+0x4\n\tgives_up+0x100");
  CHECK(stack(frames, {0xffffffff81000004, 0xffffffff81000210}, &traced) ==
        "\n\ttraced+0x4\n\tnext+0x10");
  // The innermost is no return address, and both ways of telling it keep apart in the cache.
  CHECK(stack(frames, {0xffffffff81000000}, &traced) == "\n\ttraced+0x0");
  CHECK(stack(frames, {0xffffffff81000200}) == "\n\tnext+0x0");
  // Unless the kernel left the traced function out.
  CHECK(stack(frames, {0xffffffff81000200}, &traced) == "\n\ttraced\n\tgives_up+0x100");
  CHECK(stack(frames, {0xffffffff81000200}) == "\n\tnext+0x0");
}

TEST_CASE("function names: a probe near a target is of that target, a far one is not") {
  const std::vector<Target> targets = {target("second", 0x2000), target("first", 0x1000),
                                       target("nowhere")};
  const FunctionNames names(targets, nullptr);
  CHECK(names.target_at(0xfff) == FunctionNames::kNone);
  CHECK(names.target_at(0x1000) == 1);
  CHECK(names.target_at(0x1005) == 1);
  CHECK(names.target_at(0x1010) == FunctionNames::kNone);
  CHECK(names.target_at(0x2004) == 0);
  CHECK(names.target_at(0) == FunctionNames::kNone);
  CHECK(names.target_at(~uint64_t{0}) == FunctionNames::kNone);
}
