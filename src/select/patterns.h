// SPDX-License-Identifier: BSD-2-Clause
// Which names are wanted: --filter-funcs, --exclude-funcs, tracepoint glue, and what is never
// traced.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string_view>

#include "base/result.h"
#include "cli/invocation.h"

namespace socketrace {

class NamePatterns {
 public:
  // A pattern that RE2 does not take is a usage error.
  static Result<NamePatterns> compile(const Selection& selection);

  bool wants(std::string_view name) const;

 private:
  std::unique_ptr<re2::RE2> include_;
  std::unique_ptr<re2::RE2> exclude_;
};

// Why the function is not traced whatever the patterns say; nullptr: nothing speaks against it.
const char* never_traced(std::string_view name);

}  // namespace socketrace
