// SPDX-License-Identifier: BSD-2-Clause
// What libbpf would have printed, kept instead.
#pragma once

#include <string>

#include "base/result.h"

namespace socketrace {

// While it lives, libbpf's messages go here (the last 256 KiB); before and after, libbpf is silent.
// libbpf has one callback for the whole process: one capture at a time.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  std::string take();
};

// The error of a failed open or load, from a positive errno and the captured log.
Error load_error(const char* what, int errnum, const std::string& log);

}  // namespace socketrace
