// SPDX-License-Identifier: BSD-2-Clause
#include "names/users.h"

#include <pwd.h>

#include <cstdio>

#include "base/fd.h"

namespace socketrace {

Users Users::read(const char* path) {
  Users users;
  const Owned<FILE, std::fclose> file(std::fopen(path, "re"));
  if (!file) return users;
  while (const passwd* entry = ::fgetpwent(file.get())) {
    users.uids_.emplace(entry->pw_name, entry->pw_uid);
    users.names_.emplace(entry->pw_uid, entry->pw_name);
  }
  return users;
}

std::optional<uint32_t> Users::by_name(std::string_view name) const {
  const auto found = uids_.find(name);
  if (found == uids_.end()) return std::nullopt;
  return found->second;
}

std::string_view Users::name_of(uint32_t uid) const {
  const auto found = names_.find(uid);
  return found == names_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace socketrace
