// SPDX-License-Identifier: BSD-2-Clause
// A socket's file, as the kernel itself knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socketrace {

struct SocketFile {
  uint64_t inode = 0;
  uint32_t device = 0;  // of the file system: dev_t as the kernel keeps it, 20 bits of minor
  uint64_t folder = 0;  // inode of the folder that it is in
  std::string name;     // in there
};

// Links are followed; nullopt: no such file, or not a socket's.
std::optional<SocketFile> find_socket_file(const std::string& path);

// The file system's device from the texts of /proc/self/fdinfo/N and /proc/self/mountinfo. (Of a
// file on btrfs stat tells the device of its subvolume, which is not that of the file system.)
std::optional<uint32_t> device_of_mount(std::string_view fdinfo, std::string_view mountinfo);

}  // namespace socketrace
