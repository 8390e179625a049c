// SPDX-License-Identifier: BSD-2-Clause
// The C libraries that running programs have mapped, of containers too.
#pragma once

#include <string>
#include <vector>

namespace socketrace {

struct Libc {
  std::string name;  // as its process sees it: "/usr/lib/x86_64-linux-gnu/libc.so.6"
  std::string path;  // as we reach it: "/proc/1/root/usr/lib/..."
};

// Each file once. `proc`: /proc, or a folder of a test.
std::vector<Libc> libcs_in_use(const std::string& proc = "/proc");

// The file that a line of /proc/PID/maps maps, if it is a C library with getaddrinfo.
std::string libc_of_mapping(const std::string& line);

}  // namespace socketrace
