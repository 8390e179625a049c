// SPDX-License-Identifier: BSD-2-Clause
// The C libraries that running programs have mapped, of containers too.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

struct Libc {
  std::string name;  // as its process sees it: "/usr/lib/x86_64-linux-gnu/libc.so.6"
  std::string path;  // the file that is mapped, whatever has that name by now:
                     // "/proc/1/map_files/7f1c2d000000-7f1c2d026000"
};

// Each file once. `proc`: /proc, or a folder of a test.
std::vector<Libc> libcs_in_use(const std::string& proc = "/proc");

// The file that a line of /proc/PID/maps maps, if it is a C library with getaddrinfo.
std::string libc_of_mapping(const std::string& line);

// Any program may map any file under such a name. Opened to be probed is only a regular file, of
// root's and writable by nobody else; one that the user names may be anybody's. Never waits.
enum class Owner { root, anybody };
Result<Fd> open_libc(const std::string& path, Owner owner);

}  // namespace socketrace
