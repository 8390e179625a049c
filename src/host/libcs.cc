// SPDX-License-Identifier: BSD-2-Clause
#include "host/libcs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
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

// "7f1c2d000000-7f1c2d026000", as /proc/PID/map_files has it: without zeroes in front, of which
// maps may have some.
std::string range_of_mapping(const std::string& line) {
  const auto number = [](std::string_view digits) {
    const size_t first = digits.find_first_not_of('0');
    return std::string(first == digits.npos ? "0" : digits.substr(first));
  };
  const std::string_view range = std::string_view(line).substr(0, line.find(' '));
  const size_t dash = range.find('-');
  if (dash == range.npos) return {};
  return number(range.substr(0, dash)) + "-" + number(range.substr(dash + 1));
}

}  // namespace

std::string libc_of_mapping(const std::string& line) {
  const size_t path = line.find('/');
  if (path == line.npos || line.ends_with(" (deleted)")) return {};
  return is_libc(std::string_view(line).substr(line.rfind('/') + 1)) ? line.substr(path) : "";
}

Result<Fd> open_libc(const std::string& path, Owner owner) {
  Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return Error::from_errno("open " + path, errno);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return Error::from_errno("look at " + path, errno);
  if (!S_ISREG(status.st_mode)) return Error(path + " is not a regular file");
  if (owner == Owner::root && (status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
    return Error("somebody else than root may write to it: --libc PATH watches it all the same");
  }
  return file;
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
      const std::string path = process->path().string() + "/map_files/" + range_of_mapping(line);
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
