// SPDX-License-Identifier: BSD-2-Clause
// A folder of files that stands for /sys and /proc.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "select/kernel_files.h"

namespace socketrace {

class ToyFiles {
 public:
  ToyFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "socketrace-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  ToyFiles(const ToyFiles&) = delete;
  ToyFiles& operator=(const ToyFiles&) = delete;
  ~ToyFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  std::string write(const std::string& name, std::string_view text) {
    const std::filesystem::path at = path(name);
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at, std::ios::binary) << text;
    return at.string();
  }
  KernelFiles kernel() const {
    return {.btf = path("btf"),
            .modules = path("module"),
            .kallsyms = path("kallsyms"),
            .kptr_restrict = path("kptr_restrict"),
            .tracefs = {path("tracing"), path("debug/tracing")}};
  }

 private:
  std::string root_;
};

}  // namespace socketrace
