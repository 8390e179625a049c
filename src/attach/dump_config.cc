// SPDX-License-Identifier: BSD-2-Clause
#include "attach/dump_config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "attach/glob.h"

namespace socketrace {

Result<st_dump_config> dump_config_for(const Dump& dump) {
  st_dump_config config{};
  config.sides =
      (dump.send ? uint32_t{ST_DUMP_SEND} : 0) | (dump.recv ? uint32_t{ST_DUMP_RECV} : 0);
  config.types = dump.types;
  config.failed = dump.failed;
  config.max_bytes = dump.max_bytes;
  if (dump.pattern == "*") {
    config.match_all = 1;
    return config;
  }
  struct stat status = {};
  if (stat(dump.pattern.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    config.by_file = 1;
    config.file_inode = status.st_ino;
    // The kernel's dev_t has 20 bits of minor, what stat returns is spread out differently.
    config.file_device = major(status.st_dev) << 20 | minor(status.st_dev);
    return config;
  }
  auto glob = compile_glob(dump.pattern);
  if (!glob) return std::move(glob).error().within("PATTERN " + dump.pattern);
  config.glob = *glob;
  return config;
}

}  // namespace socketrace
