// SPDX-License-Identifier: BSD-2-Clause
#include "host/libcs.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace socketrace {
namespace {

// glibc's by both of its names, and musl's, where the loader is the library.
bool is_libc(std::string_view name) {
  return name == "libc.so.6" || (name.starts_with("libc-2.") && name.ends_with(".so")) ||
         name.starts_with("ld-musl-") || name.starts_with("libc.musl-");
}

bool is_process(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::string libc_of_mapping(const std::string& line) {
  const size_t path = line.find('/');
  if (path == line.npos || line.ends_with(" (deleted)")) return {};
  return is_libc(std::string_view(line).substr(line.rfind('/') + 1)) ? line.substr(path) : "";
}

std::vector<Libc> libcs_in_use(const std::string& proc) {
  std::vector<Libc> found;
  std::set<std::pair<dev_t, ino_t>> known;
  std::error_code gone;  // processes end while we look
  for (std::filesystem::directory_iterator process(proc, gone), end; !gone && process != end;
       process.increment(gone)) {
    if (!is_process(process->path().filename())) continue;
    std::ifstream maps(process->path() / "maps");
    std::string last;  // a library is mapped in several pieces, one after the other
    for (std::string line; std::getline(maps, line);) {
      std::string name = libc_of_mapping(line);
      if (name.empty() || name == last) continue;
      last = name;
      const std::string path = process->path().string() + "/root" + name;
      struct stat status = {};
      if (::stat(path.c_str(), &status) != 0) continue;
      if (known.emplace(status.st_dev, status.st_ino).second) {
        found.push_back({std::move(name), path});
      }
    }
  }
  return found;
}

}  // namespace socketrace
