// SPDX-License-Identifier: BSD-2-Clause
#include "host/netns.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/fd.h"

namespace socketrace {
namespace {

constexpr decltype(statfs::f_type) kNsfsMagic = 0x6e736673;  // linux/magic.h: NSFS_MAGIC, 3.19+

Error usage(std::string_view written, std::string_view what) {
  return Error::usage(fmt::format("--filter-netns '{}': {}", written, what));
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool parse_u32(std::string_view text, uint32_t& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && !text.empty();
}

Result<uint32_t> inode_of(std::string_view written, const std::string& path) {
  // statfs first: opening a device or a FIFO that somebody named here could act or block.
  struct statfs filesystem {};
  if (statfs(path.c_str(), &filesystem) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return usage(written, fmt::format("no such network namespace (tried {})", path));
    }
    return Error::from_errno(fmt::format("--filter-netns '{}': {}", written, path), errno);
  }
  if (filesystem.f_type != kNsfsMagic) {
    return usage(written, fmt::format("{} is not a network namespace", path));
  }
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) {
    return Error::from_errno(fmt::format("--filter-netns '{}': open {}", written, path), errno);
  }
  if (ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
    return usage(written, fmt::format("{} is a namespace of another kind", path));
  }
  return static_cast<uint32_t>(status.st_ino);
}

Result<uint32_t> inode_of_process(std::string_view written, std::string_view pid,
                                  const NetnsPlaces& places) {
  uint32_t number = 0;
  if (!all_digits(pid) || !parse_u32(pid, number) || number == 0) {
    return usage(written, "'pid:' wants a process id, as in pid:1234");
  }
  struct stat status {};
  const std::string folder = fmt::format("{}/{}", places.proc, number);
  if (stat(folder.c_str(), &status) != 0 && errno == ENOENT) {
    return usage(written, fmt::format("no process {}", number));
  }
  return inode_of(written, folder + "/ns/net");
}

Result<uint32_t> inode_of_name(std::string_view written, const NetnsPlaces& places) {
  std::string tried;
  for (const std::string& folder : places.names) {
    const std::string path = fmt::format("{}/{}", folder, written);
    struct stat status {};
    if (stat(path.c_str(), &status) == 0) return inode_of(written, path);
    if (errno != ENOENT && errno != ENOTDIR) {
      return Error::from_errno(fmt::format("--filter-netns '{}': {}", written, path), errno);
    }
    tried += (tried.empty() ? "" : ", ") + path;
  }
  return usage(written,
               fmt::format("no such network namespace (tried {}); write an inode number, a path, a "
                           "name of 'ip netns', pid:N or self",
                           tried));
}

}  // namespace

Result<uint32_t> netns_inode(std::string_view written, const NetnsPlaces& places) {
  if (written.empty() || written == "." || written == ".." ||
      written.find('\0') != std::string_view::npos) {
    return usage(written, "write an inode number, a path, a name of 'ip netns', pid:N or self");
  }
  if (all_digits(written)) {
    uint32_t number = 0;
    if (!parse_u32(written, number) || number == 0) {
      return usage(written, "an inode number is from 1 to 4294967295");
    }
    return number;
  }
  if (written == "self") return inode_of(written, places.proc + "/self/ns/net");
  if (written.starts_with("pid:")) return inode_of_process(written, written.substr(4), places);
  if (written.find('/') != std::string_view::npos) return inode_of(written, std::string(written));
  return inode_of_name(written, places);
}

}  // namespace socketrace
