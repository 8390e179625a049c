// SPDX-License-Identifier: BSD-2-Clause
#include "attach/backends/batches.h"

#include <algorithm>
#include <cerrno>

namespace socketrace {
namespace {

// Errors that say nothing about the functions: permissions, no such feature (FPROBE off gives
// EOPNOTSUPP), no descriptors left, a program of the wrong type.
bool about_everything(int errnum) {
  switch (errnum) {
    case EPERM:
    case EACCES:
    case EOPNOTSUPP:
    case ENOSYS:
    case EMFILE:
    case ENFILE:
    case EBADF:
    case EFAULT:
      return true;
    default:
      return false;
  }
}

}  // namespace

BatchOutcome attach_in_batches(size_t total, const AttachBatch& attach,
                               const std::function<bool()>& stop, size_t hopeless) {
  BatchOutcome outcome;
  outcome.batch_limit = total;
  size_t suspect_end = 0;  // a bad member is known to be in [tried, suspect_end)
  size_t run = 0;          // bad members in a row, ending at `tried`
  while (outcome.tried < total) {
    if (stop && stop()) {
      outcome.stopped = true;
      return outcome;
    }
    const size_t first = outcome.tried;
    size_t count = std::min(outcome.batch_limit, total - first);
    if (suspect_end > first) {
      count = std::min(count, std::max<size_t>((suspect_end - first) / 2, 1));
    } else if (run >= 2) {
      count = 1;
    }
    const int errnum = attach(first, count);
    if (errnum == 0) {
      outcome.tried += count;
      outcome.attached += count;
      run = 0;
    } else if (about_everything(errnum)) {
      outcome.fatal = errnum;
      return outcome;
    } else if (count > 1) {
      if (errnum == ENOMEM) {
        outcome.batch_limit = count / 2;
      } else {
        suspect_end = first + count;
      }
    } else {
      outcome.refused.push_back({first, errnum});
      outcome.tried++;
      suspect_end = 0;
      if (++run >= hopeless && outcome.attached == 0) {
        outcome.fatal = errnum;
        return outcome;
      }
    }
  }
  return outcome;
}

BatchOutcome attach_one_by_one(size_t total, const std::function<int(size_t)>& attach,
                               const std::function<bool()>& stop) {
  constexpr size_t kDenials = 3;
  BatchOutcome outcome;
  outcome.batch_limit = 1;
  size_t denied = 0;  // from the first member on
  for (; outcome.tried < total; outcome.tried++) {
    if (stop && stop()) {
      outcome.stopped = true;
      return outcome;
    }
    const int errnum = attach(outcome.tried);
    if (errnum == 0) {
      outcome.attached++;
      continue;
    }
    if (errnum == EPERM || errnum == EACCES) denied++;
    if (errnum == EMFILE || errnum == ENFILE ||
        (denied == std::min(kDenials, total) && denied == outcome.tried + 1)) {
      outcome.fatal = errnum;
      return outcome;
    }
    outcome.refused.push_back({outcome.tried, errnum});
  }
  return outcome;
}

}  // namespace socketrace
