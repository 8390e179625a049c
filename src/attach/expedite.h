// SPDX-License-Identifier: BSD-2-Clause
// Short RCU grace periods, for the whole host and thus only if asked for: removing a probe waits
// for them, some 10 ms each, and the shorter ones interrupt every CPU.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

struct RcuFiles {
  std::string expedited = "/sys/kernel/rcu_expedited";
  std::string normal = "/sys/kernel/rcu_normal";
};

// Whoever is first has the setting until it ends: two that each restore what they found would leave
// it changed. The others find it changed, or do without.
class ExpeditedRcu {
 public:
  // An error where it cannot be had or would have no effect.
  static Result<ExpeditedRcu> open(const RcuFiles& files = {});
  ExpeditedRcu(ExpeditedRcu&&) noexcept = default;
  ExpeditedRcu& operator=(ExpeditedRcu&& other) noexcept;
  ~ExpeditedRcu();  // ends it

  // Both need no file to be opened. Ending says when the old setting could not be restored.
  Result<void> begin();
  Result<void> end();

 private:
  ExpeditedRcu(std::string path, Fd setting, bool ours)
      : path_(std::move(path)), setting_(std::move(setting)), ours_(ours) {}
  Result<void> put(char value) const;

  std::string path_;
  Fd setting_;  // with our lock
  bool ours_;   // it is 0, and nobody else of us is about to change it
  bool on_ = false;
};

}  // namespace socketrace
