// SPDX-License-Identifier: BSD-2-Clause
// The kernel's lists of functions, as any bytes: kallsyms, then after a NUL
// available_filter_functions, then after another the kprobes' blacklist, which is also read as a
// list of probe events.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attach/backends/event_files.h"
#include "attach/backends/kprobe_blacklist.h"
#include "property.h"
#include "select/lines.h"
#include "select/pick.h"
#include "select/symbols.h"
#include "tmpfs_files.h"

using namespace socketrace;

namespace {

std::string_view take_part(std::string_view& rest) {
  const size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

Targets wanted() {
  Targets wanted;
  for (const char* name : {"ip_rcv", "tcp_sendmsg", "udp_sendmsg", "x"}) {
    for (const char* module : {"", "nf_nat"}) {
      Target target;
      target.name = name;
      target.module = module;
      wanted.targets.push_back(target);
    }
  }
  return wanted;
}

uint64_t next_address(uint64_t address) {
  return address * 6364136223846793005U + 1442695040888963407U;
}

void check_symbols(const SymbolTable& symbols, std::string_view text) {
  Symbol symbol;
  uint64_t address = text.size();
  for (int i = 0; i < 32; ++i, address = next_address(address)) {
    if (!symbols.find(address >> i, symbol)) continue;
    MUST(symbol.address <= address >> i && symbol.offset == (address >> i) - symbol.address);
    MUST(!symbol.name.empty() && symbol.name.find('\n') == std::string_view::npos);
    MUST(text.find(symbol.name) != std::string_view::npos);
  }
  MUST(symbols.size() <= text.size() / 5);  // "1 t x"
  MUST(!symbols.addresses_hidden() || symbols.size() == 0);
}

// In pieces from a file as in one piece from memory.
void check_reading(const SymbolTable& parsed, const KernelFiles& files, std::string_view text) {
  const auto loaded = SymbolTable::load(files);
  MUST(loaded.has_value());
  std::string read;
  MUST(each_run_of_lines(files.kallsyms, [&](std::string_view run) { read += run; }).has_value());
  if (text.size() >= kLongestLine) return;
  MUST(read == text);
  MUST(loaded->size() == parsed.size());
  Symbol a, b;
  for (uint64_t address = 1, i = 0; i < 16; ++i, address = next_address(address)) {
    MUST(loaded->find(address, a) == parsed.find(address, b));
  }
}

void check_kept(const Targets& kept) {
  const size_t skipped = kept.skipped.size();
  MUST(skipped <= 8 && (skipped == 8 || !kept.targets.empty()));
  for (const Target& target : kept.targets) {
    for (const Skipped& one : kept.skipped) {
      MUST(one.name != target.name || one.module != target.module);
    }
  }
  for (const Skipped& one : kept.skipped) MUST(!one.reason.empty());
}

void check_blacklist(std::string_view text) {
  const KprobeBlacklist list = KprobeBlacklist::parse(text);
  for (Target target : wanted().targets) {
    list.has(target);
    target.address = 0xffffffff81a02b30;
    list.has(target);
  }
}

void check_events(std::string_view text) {
  for (const NumberedEvent& event : numbered_events(text)) {
    MUST(event.owner != 0 && event.probes != 0 && event.name.starts_with("socketrace_"));
    MUST(event.name.find('\n') == std::string::npos && text.find(event.name) != text.npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static TmpfsFiles files;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view kallsyms = take_part(rest);
  const std::string_view traceable = take_part(rest);
  files.kallsyms.hold(kallsyms);
  files.traceable.hold(traceable);

  const SymbolTable symbols = SymbolTable::parse(kallsyms);
  check_symbols(symbols, kallsyms);
  check_reading(symbols, files.files(), kallsyms);
  check_kept(keep_traceable(wanted(), files.files()));
  check_blacklist(rest);
  check_events(rest);
  return 0;
}
