// SPDX-License-Identifier: BSD-2-Clause
#include "host/socket_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/fd.h"

namespace socketrace {
namespace {

constexpr uint32_t device_number(unsigned major, unsigned minor) {
  return major << 20 | minor;
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::optional<SocketFile> find_socket_file(const std::string& path) {
  const Fd file(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status = {};
  if (!file || fstat(file.get(), &status) != 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
  // Where a link leads to is where the next socket of that name will be. (canonical() follows the
  // texts of links, which of /proc/PID/root leads nowhere: without a link at its end the path stays
  // as it is.)
  std::error_code failed;
  const bool link = std::filesystem::is_symlink(path, failed);
  std::filesystem::path place = path;
  if (link) place = std::filesystem::canonical(path, failed);
  const std::filesystem::path folder = place.has_parent_path() ? place.parent_path() : ".";
  struct stat of_folder = {};
  if (failed || stat(folder.c_str(), &of_folder) != 0) of_folder.st_ino = 0;
  // A mount of another namespace (/proc/PID/root/...) is not in our table: what stat tells, then.
  const auto device = device_of_mount(text_of("/proc/self/fdinfo/" + std::to_string(file.get())),
                                      text_of("/proc/self/mountinfo"));
  return SocketFile{status.st_ino,
                    device.value_or(device_number(major(status.st_dev), minor(status.st_dev))),
                    of_folder.st_ino, place.filename()};
}

std::optional<uint32_t> device_of_mount(std::string_view fdinfo, std::string_view mountinfo) {
  std::istringstream fields{std::string(fdinfo)};
  uint64_t wanted = 0;
  for (std::string key; fields >> key;) {
    if (key == "mnt_id:" && fields >> wanted) break;
  }
  if (wanted == 0) return std::nullopt;
  std::istringstream mounts{std::string(mountinfo)};
  for (std::string line; std::getline(mounts, line);) {
    // "36 35 98:0 /root /mount/point ..."
    std::istringstream words(line);
    uint64_t id = 0;
    uint64_t parent = 0;
    unsigned major = 0;
    unsigned minor = 0;
    char colon = 0;
    if (words >> id >> parent >> major >> colon >> minor && id == wanted && colon == ':') {
      return device_number(major, minor);
    }
  }
  return std::nullopt;
}

}  // namespace socketrace
