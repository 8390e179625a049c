// SPDX-License-Identifier: BSD-2-Clause
// Kernel files of our own, in memory where there is such a place, rewritten for every input.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/fd.h"
#include "property.h"
#include "select/kernel_files.h"

namespace socketrace {

class RewrittenFile {
 public:
  explicit RewrittenFile(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
    MUST(fd_);
  }
  void hold(std::string_view text) {
    MUST(::ftruncate(fd_.get(), 0) == 0);
    MUST(::pwrite(fd_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }

 private:
  Fd fd_;
};

// Removed at exit; a crash leaves it.
class TmpfsFiles {
 public:
  TmpfsFiles() : root_(make_root()), kallsyms(path("kallsyms")), traceable(path(kTraceable)) {}
  TmpfsFiles(const TmpfsFiles&) = delete;
  TmpfsFiles& operator=(const TmpfsFiles&) = delete;
  ~TmpfsFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  KernelFiles files() const {
    return {.btf = path("btf"),
            .modules = path("module"),
            .kallsyms = path("kallsyms"),
            .kptr_restrict = path("kptr_restrict"),
            .tracefs = {root_, path("nowhere")}};
  }

 private:
  static constexpr const char* kTraceable = "available_filter_functions";
  static std::string make_root() {
    const bool shared = ::access("/dev/shm", W_OK) == 0;
    std::string pattern = std::string(shared ? "/dev/shm" : "/tmp") + "/socketrace-fuzz-XXXXXX";
    MUST(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }
  std::string path(const std::string& name) const { return root_ + "/" + name; }

  const std::string root_;

 public:
  RewrittenFile kallsyms, traceable;
};

}  // namespace socketrace
