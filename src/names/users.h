// SPDX-License-Identifier: BSD-2-Clause
// The users of /etc/passwd: for filters by name, and for names in lines. Not getpwnam: it loads
// plug-ins at run time, which a static program cannot and a confined one may not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace socketrace {

class Users {
 public:
  // A file that cannot be read holds no user.
  static Users read(const char* path = "/etc/passwd");

  std::optional<uint32_t> by_name(std::string_view name) const;
  std::string_view name_of(uint32_t uid) const;  // empty: unknown

 private:
  std::map<std::string, uint32_t, std::less<>> uids_;
  std::map<uint32_t, std::string> names_;  // of several the first, as getpwuid has it
};

}  // namespace socketrace
