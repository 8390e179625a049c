// SPDX-License-Identifier: BSD-2-Clause
// Record -> line -> file: the user side of every hit. Google Benchmark prints lines/s.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "format/line.h"
#include "output/sink.h"
#include "tests/bench/synthetic.h"

namespace socketrace {
namespace {

void lines(benchmark::State& state, Mix mix, const View& view, const char* path) {
  const std::vector<Target> targets = synthetic_targets();
  const SymbolTable symbols = SymbolTable::parse(synthetic_kallsyms());
  const SyntheticRing ring(65536, mix);
  LineFormat format(view, targets, &symbols, 1'763'000'000'000'000'000);
  int64_t count = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto sink = Sink::open(path);  // anew, so that a file does not grow until the disk is busy
    if (!sink) {
      state.SkipWithError(sink.error().text().c_str());
      return;
    }
    for (size_t i = 0; i < ring.size(); ++i) {
      Hit hit;
      if (!decode(ring[i], hit)) state.SkipWithError("a record was refused");
      format.put_hit(sink->buffer(), hit);
      if (!sink->line_done()) state.SkipWithError("write");
    }
    if (!sink->finish()) state.SkipWithError("write");
    count += static_cast<int64_t>(ring.size());
  }
  state.SetItemsProcessed(count);
  state.counters["ns/line"] = benchmark::Counter(
      static_cast<double>(count) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

View with(TimestampStyle time, bool details = false, bool stack = false) {
  View view;
  view.timestamp = time;
  view.sock_common = view.sock_info = view.socket_info = details;
  view.stack = stack;
  return view;
}

constexpr char kNull[] = "/dev/null";
constexpr auto kNone = TimestampStyle::none;

BENCHMARK_CAPTURE(lines, ipv4, Mix::ipv4, with(kNone), kNull);
BENCHMARK_CAPTURE(lines, ipv4_absolute, Mix::ipv4, with(TimestampStyle::absolute), kNull);
BENCHMARK_CAPTURE(lines, ipv4_details, Mix::ipv4, with(kNone, true), kNull);
BENCHMARK_CAPTURE(lines, every_family, Mix::every_family, with(kNone), kNull);
BENCHMARK_CAPTURE(lines, stack_of_7, Mix::stacks, with(kNone, false, true), kNull);
BENCHMARK_CAPTURE(lines, ipv4_to_file, Mix::ipv4, with(kNone), "bench-lines.out");

}  // namespace
}  // namespace socketrace

BENCHMARK_MAIN();
