// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string_view>

#include "base/result.h"
#include "bpf/contract/dump.h"

namespace socketrace {

// A pattern of names of unix sockets, as the kernel side runs it over a name:
//   *  any bytes, also none and also '/'     ?  any byte     [a-z_] [!a-z]  one of, none of
//   \xNN  the byte                           \c  c itself
// A leading @ means abstract names, which may hold any byte; \@ a path that begins so. What cannot
// match any name is a usage error.
Result<st_glob> compile_glob(std::string_view pattern);

// Of this path alone, whatever bytes it has; one that is too long matches nothing.
st_glob glob_of_path(std::string_view path);

}  // namespace socketrace
