// SPDX-License-Identifier: BSD-2-Clause
#include "names/errno.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace socketrace;

TEST_CASE("errno names are the C library's, and the kernel's own beyond them") {
  CHECK(errno_name(111) == "ECONNREFUSED");
  CHECK(errno_name(512) == "ERESTARTSYS");
  CHECK(errno_name(0).empty());
  CHECK(errno_name(-1).empty());
  CHECK(errno_name(41).empty());
  CHECK(errno_name(134).empty());
  CHECK(errno_name(1 << 30).empty());
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 32)
  for (int number = 1; number < 134; ++number) {
    const char* known = strerrorname_np(number);
    CHECK(errno_name(number) == (known == nullptr ? "" : known));
  }
#endif
#endif
}
