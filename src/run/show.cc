// SPDX-License-Identifier: BSD-2-Clause
#include "run/show.h"

#include <chrono>
#include <optional>
#include <span>
#include <utility>

namespace socketrace {
namespace {

// The kernel wakes us when enough is waiting; otherwise we look this often, so no line is older.
constexpr int kLookEveryMs = 100;
// After that many looks in vain we sleep until the next record wakes us; looking ten times a second
// for nothing is a third of a percent of a slow processor.
constexpr int kLooksInVain = 10;
constexpr int kSleepMs = 1000;
// A program that was running while probes went inert finishes within this, even on a busy host.
constexpr std::chrono::milliseconds kSettle{500};
// Lines that come without a pause, between two looks at what else there is to say. A power of 2.
constexpr uint64_t kManyLines = 1 << 15;

}  // namespace

bool Show::on_record(std::span<const std::byte> bytes) {
  if (ended()) return false;
  const Told told = teller_.put_record(sink_.buffer(), bytes);
  if (told != Told::line) [[unlikely]] {
    if (told == Told::malformed) ++malformed_;
    if (told == Told::nothing) ++silent_;
    return stop_ < stop_at_;
  }
  ++printed_;
  if (auto written = sink_.line_done(); !written) failure_ = std::move(written).error();
  if (printed_ % kManyLines == 0 && !failure_) [[unlikely]] {
    if (auto written = sink_.flush(); !written) failure_ = std::move(written).error();
    between_();
  }
  return !ended() && stop_ < stop_at_;
}

Result<bool> Show::consume_and_flush(Ring& ring) {
  const size_t records = TRY(ring.consume());
  if (failure_) return *std::exchange(failure_, std::nullopt);
  TRY(sink_.flush());
  return records != 0;
}

Result<void> Show::run(Ring& ring, uint32_t& reader_sleeps) {
  const std::atomic_ref<uint32_t> sleeping(reader_sleeps);
  int in_vain = 0;
  stop_at_ = 1;
  while (stop_ < stop_at_ && !ended()) {
    const bool sleep = in_vain >= kLooksInVain;
    // Set before the wait, which ends at once if a record has come by then.
    if (sleep) sleeping.store(1);
    TRY(ring.wait(sleep ? kSleepMs : kLookEveryMs));
    if (sleep) sleeping.store(0);
    in_vain = TRY(consume_and_flush(ring)) ? 0 : in_vain + 1;
    between_();
  }
  return {};
}

Result<void> Show::drain(Ring& ring, const Counters& counters) {
  stop_at_ = 2;
  const auto deadline = std::chrono::steady_clock::now() + kSettle;
  while (stop_ < stop_at_ && !ended()) {
    // Read before consuming: a hit counted here is in the ring or in `lost` once all is consumed.
    const Totals before = TRY(counters.totals());
    TRY(consume_and_flush(ring));
    const bool all_told = told() + before.lost >= before.matched;
    if (all_told || std::chrono::steady_clock::now() > deadline) break;
    TRY(ring.wait(1));
  }
  return {};
}

void Show::add_up(Account& account, const Totals& totals) const {
  account.printed = sink_.lines_written();
  account.malformed = malformed_;
  account.lost = totals.lost;
  account.stack_failed = totals.stack_failed;
  const uint64_t accounted = account.printed + malformed_ + silent_ + account.lost;
  if (!at_limit() && totals.matched > accounted) account.undrained = totals.matched - accounted;
}

}  // namespace socketrace
