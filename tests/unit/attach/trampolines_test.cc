// SPDX-License-Identifier: BSD-2-Clause
#include "attach/trampolines.h"

#include <bpf/btf.h>
#include <doctest/doctest.h>

#include "base/fd.h"

using namespace socketrace;

TEST_CASE("functions that sleep are left alone by kernels that free trampolines at once") {
  const Owned<btf, btf__free> types(btf__new_empty());
  REQUIRE(types);
  CHECK_FALSE(can_leave_sleepers(types.get()));
  REQUIRE(btf__add_fwd(types.get(), "bpf_tramp_image", BTF_FWD_STRUCT) > 0);
  CHECK_FALSE(can_leave_sleepers(types.get()));
  REQUIRE(btf__add_struct(types.get(), "bpf_tramp_image", 8) > 0);
  CHECK(can_leave_sleepers(types.get()));
}
