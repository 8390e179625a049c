// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>

#include "base/result.h"

namespace socketrace {

// Where in an ELF file a function begins: bytes from the file's start. Read by a child without any
// rights, for five seconds at most: the file is somebody else's, and may be made to harm who reads
// it. `file` is open for reading and stays the caller's. Errors: it is no ELF file, has no such
// function, or the child died of it.
Result<uint64_t> offset_of_function(int file, const char* name);

}  // namespace socketrace
