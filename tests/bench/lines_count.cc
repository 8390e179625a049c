// SPDX-License-Identifier: BSD-2-Clause
// lines-count N [absolute|stack]: formats N synthetic hits into /dev/null. Instructions per line
// are
//   (Ir(30000) - Ir(10000)) / 20000
// of `valgrind --tool=callgrind`, which repeats to 0.1 % where nanoseconds do not.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "format/line.h"
#include "output/sink.h"
#include "tests/bench/synthetic.h"

int main(int argc, char** argv) {
  using namespace socketrace;
  const size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10000;
  const std::string_view what = argc > 2 ? argv[2] : "";
  View view;
  if (what == "absolute") view.timestamp = TimestampStyle::absolute;
  view.stack = what == "stack";
  const std::vector<Target> targets = synthetic_targets();
  const SymbolTable symbols = SymbolTable::parse(synthetic_kallsyms(1500));
  const SyntheticRing ring(1024, view.stack ? Mix::stacks : Mix::ipv4);
  LineFormat format(view, targets, &symbols, 1'763'000'000'000'000'000);
  auto sink = Sink::open("/dev/null");
  if (!sink) return 1;
  for (size_t i = 0; i < count; ++i) {
    Hit hit;
    if (!decode(ring[i % ring.size()], hit)) return 1;
    format.put_hit(sink->buffer(), hit);
    if (!sink->line_done()) return 1;
  }
  return sink->finish() ? 0 : 1;
}
