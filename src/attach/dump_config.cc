// SPDX-License-Identifier: BSD-2-Clause
#include "attach/dump_config.h"

#include <sys/socket.h>

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "attach/glob.h"
#include "host/socket_file.h"

namespace socketrace {

Result<st_dump_config> dump_config_for(const Dump& dump) {
  st_dump_config config{};
  config.sides =
      (dump.send ? uint32_t{ST_DUMP_SEND} : 0) | (dump.recv ? uint32_t{ST_DUMP_RECV} : 0);
  config.types = dump.types;
  if (dump.format == DumpFormat::pcap_tcp && dump.types == 0) {  // TCP has no datagrams
    config.types =
        1U << static_cast<unsigned>(SOCK_STREAM) | 1U << static_cast<unsigned>(SOCK_SEQPACKET);
  }
  config.failed = dump.failed;
  config.max_bytes = dump.max_bytes;
  if (dump.pattern == "*") {
    config.match_all = 1;
    return config;
  }
  if (const auto file = find_socket_file(dump.pattern)) {
    config.by_file = 1;
    config.file_inode = file->inode;
    config.file_device = file->device;
    config.folder_inode = file->folder;
    file->name.copy(config.file_name, ST_UNIX_NAME_LEN);  // a longer one is no socket's
    std::error_code failed;
    config.glob = glob_of_path(std::filesystem::absolute(dump.pattern, failed).native());
    return config;
  }
  auto glob = compile_glob(dump.pattern);
  if (!glob) return std::move(glob).error().within("PATTERN " + dump.pattern);
  config.glob = *glob;
  return config;
}

}  // namespace socketrace
