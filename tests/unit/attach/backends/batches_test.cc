// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/batches.h"

#include <doctest/doctest.h>

#include <bit>
#include <cerrno>
#include <map>
#include <numeric>
#include <set>

using socketrace::attach_in_batches;
using socketrace::attach_one_by_one;
using socketrace::BatchOutcome;

namespace {

// A kernel that refuses batches with a bad member, and batches above a size.
struct FakeKernel {
  std::map<size_t, int> bad{};  // member -> errno
  size_t room = ~size_t{0};     // larger batches get ENOMEM
  size_t calls = 0;
  std::set<size_t> attached{};
  std::vector<size_t> batches{};  // sizes of those that worked

  int operator()(size_t first, size_t count) {
    calls++;
    REQUIRE(count > 0);
    if (count > room) return ENOMEM;
    const auto hit = bad.lower_bound(first);
    if (hit != bad.end() && hit->first < first + count) return hit->second;
    for (size_t i = first; i < first + count; i++) REQUIRE(attached.insert(i).second);
    batches.push_back(count);
    return 0;
  }
};

BatchOutcome run(FakeKernel& kernel, size_t total) {
  return attach_in_batches(total, std::ref(kernel), {});
}

void check_exact(const FakeKernel& kernel, const BatchOutcome& outcome, size_t total) {
  CHECK(outcome.fatal == 0);
  CHECK(outcome.tried == total);
  CHECK(outcome.attached == total - kernel.bad.size());
  std::map<size_t, int> refused;
  for (const auto& one : outcome.refused) refused[one.member] = one.errnum;
  CHECK(refused == kernel.bad);
  CHECK(outcome.refused.size() == kernel.bad.size());
  for (size_t i = 0; i < total; i++) CHECK(kernel.attached.contains(i) != kernel.bad.contains(i));
}

}  // namespace

TEST_CASE("all good members go in one call") {
  FakeKernel kernel;
  check_exact(kernel, run(kernel, 2800), 2800);
  CHECK(kernel.calls == 1);
  CHECK(kernel.batches == std::vector<size_t>{2800});
}

TEST_CASE("one bad member anywhere costs at most log2 + 2 more calls") {
  for (const size_t total : {1U, 2U, 3U, 7U, 64U, 100U}) {
    for (size_t bad = 0; bad < total; bad++) {
      if (total == 1) continue;  // see the hopeless case
      FakeKernel kernel{.bad = {{bad, EINVAL}}};
      check_exact(kernel, run(kernel, total), total);
      CHECK(kernel.calls <= 1 + static_cast<size_t>(std::bit_width(total)) + 2);
    }
  }
}

TEST_CASE("scattered bad members are each found") {
  FakeKernel kernel{
      .bad = {
          {0, EINVAL}, {1, ENOENT}, {500, EINVAL}, {777, ESRCH}, {1200, EBUSY}, {2799, EINVAL}}};
  check_exact(kernel, run(kernel, 2800), 2800);
  CHECK(kernel.calls <= 1 + 6 * (12 + 2));
}

TEST_CASE("a run of bad members costs about one call each") {
  FakeKernel kernel;
  for (size_t i = 900; i < 1000; i++) kernel.bad[i] = EINVAL;
  check_exact(kernel, run(kernel, 1500), 1500);
  CHECK(kernel.calls <= 100 + 2 * (11 + 2) + 3);
}

TEST_CASE("ENOMEM halves the batches and blames nobody") {
  FakeKernel kernel{.room = 300};
  const BatchOutcome outcome = run(kernel, 2000);
  check_exact(kernel, outcome, 2000);
  CHECK(outcome.batch_limit == 250);
  CHECK(kernel.calls == 3 + 8);  // 2000, 1000, 500 refused; then 250 each
}

TEST_CASE("bad members and ENOMEM together") {
  FakeKernel kernel{.bad = {{3, EINVAL}, {99, EINVAL}, {100, EINVAL}, {640, EINVAL}}, .room = 50};
  check_exact(kernel, run(kernel, 1000), 1000);
  CHECK(kernel.calls < 100);
}

TEST_CASE("memory for not even one member") {
  FakeKernel kernel{.room = 0};
  const BatchOutcome outcome = run(kernel, 10);
  CHECK(outcome.attached == 0);
  CHECK(outcome.refused.size() == 10);
  CHECK(outcome.refused[0].errnum == ENOMEM);
}

TEST_CASE("errors that are not about one function end it at once") {
  for (const int errnum : {EPERM, EACCES, EOPNOTSUPP, EMFILE, EBADF}) {
    size_t calls = 0;
    const auto attach = [&](size_t, size_t) {
      calls++;
      return errnum;
    };
    const BatchOutcome outcome = attach_in_batches(1000, attach, {});
    CHECK(outcome.fatal == errnum);
    CHECK(outcome.tried == 0);
    CHECK(outcome.refused.empty());
    CHECK(calls == 1);
  }
}

TEST_CASE("a mechanism that refuses everything is given up soon") {
  size_t calls = 0;
  const auto attach = [&](size_t, size_t) {
    calls++;
    return EINVAL;
  };
  const BatchOutcome outcome = attach_in_batches(3000, attach, {});
  CHECK(outcome.fatal == EINVAL);
  CHECK(outcome.refused.size() == 24);
  CHECK(outcome.tried == 24);
  CHECK(calls < 60);
}

TEST_CASE("bad first members do not make it hopeless once something is attached") {
  FakeKernel kernel;
  for (size_t i = 1; i < 60; i++) kernel.bad[i] = EINVAL;
  check_exact(kernel, run(kernel, 100), 100);
}

TEST_CASE("stop ends the search") {
  FakeKernel kernel{.bad = {{10, EINVAL}}};
  const BatchOutcome outcome =
      attach_in_batches(100, std::ref(kernel), [&] { return kernel.calls >= 2; });
  CHECK(outcome.stopped);
  CHECK(kernel.calls == 2);
  CHECK(outcome.tried < 100);
}

TEST_CASE("one by one: refusals stay alone") {
  std::vector<size_t> seen;
  const auto attach = [&](size_t member) {
    seen.push_back(member);
    return member == 2 ? EINVAL : member == 5 ? EPERM : 0;
  };
  const BatchOutcome outcome = attach_one_by_one(8, attach, {});
  CHECK(seen.size() == 8);
  CHECK(outcome.attached == 6);
  REQUIRE(outcome.refused.size() == 2);
  CHECK(outcome.refused[0].member == 2);
  CHECK(outcome.refused[0].errnum == EINVAL);
  CHECK(outcome.refused[1].member == 5);
  CHECK(outcome.refused[1].errnum == EPERM);
  CHECK(outcome.fatal == 0);
}

TEST_CASE("one by one: permission refused from the start is one error, not a thousand") {
  size_t calls = 0;
  const auto denied = [&](size_t) {
    calls++;
    return EACCES;
  };
  const BatchOutcome outcome = attach_one_by_one(1000, denied, {});
  CHECK(outcome.fatal == EACCES);
  CHECK(calls == 3);
  CHECK(attach_one_by_one(1, denied, {}).fatal == EACCES);
}

TEST_CASE("one by one: no descriptors left ends it and keeps what is there") {
  const auto attach = [&](size_t member) { return member < 700 ? 0 : EMFILE; };
  const BatchOutcome outcome = attach_one_by_one(1000, attach, {});
  CHECK(outcome.attached == 700);
  CHECK(outcome.tried == 700);
  CHECK(outcome.fatal == EMFILE);
}

TEST_CASE("one by one: stop is asked before each") {
  size_t calls = 0;
  const auto attach = [&](size_t) {
    calls++;
    return 0;
  };
  const BatchOutcome outcome = attach_one_by_one(10, attach, [&] { return calls == 4; });
  CHECK(outcome.stopped);
  CHECK(outcome.attached == 4);
}
