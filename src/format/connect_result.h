// SPDX-License-Identifier: BSD-2-Clause
// How an attempt ended, in words.
#pragma once

#include "base/buffer.h"
#include "bpf/contract/connect.h"

namespace socketrace {

// "OK", "ECONNREFUSED", "CLOSED" (by its owner, undecided), "DEFERRED" (TCP fast open: with the
// first data). "EINPROGRESS" where the final result is not waited for.
void put_result(Buffer& out, const st_connect& told);

// soconnect(8)'s: "Success", "Connect refused", "In progress"; what it has no words for by name.
void put_soconnect_result(Buffer& out, const st_connect& told);

}  // namespace socketrace
