// SPDX-License-Identifier: BSD-2-Clause
#include "attach/libbpf_log.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <utility>

#include "host/explain.h"

namespace socketrace {
namespace {

constexpr size_t kKept =
    size_t{256} * 1024;  // a verifier log can have 16 MiB; its end tells the reason

struct Captured {
  std::mutex mutex;
  std::string text;
};
Captured& captured() {
  static Captured one;
  return one;
}

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  // The analyzer takes what va_copy sets for unset.
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
  const int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::string line(static_cast<size_t>(length), '\0');
  vsnprintf(line.data(), line.size() + 1, format, arguments);
  const std::lock_guard lock(captured().mutex);
  std::string& text = captured().text;
  text += line;
  if (text.size() > kKept) text.erase(0, text.size() - kKept);
  return length;
}

}  // namespace

LibbpfLog::LibbpfLog() {
  take();
  libbpf_set_print(keep);
}

LibbpfLog::~LibbpfLog() {
  libbpf_set_print(nullptr);
}

std::string LibbpfLog::take() {
  const std::lock_guard lock(captured().mutex);
  return std::exchange(captured().text, {});
}

Error load_error(const char* what, int errnum, const std::string& log) {
  const std::string verdict = verdict_of(log);
  if (verdict.empty()) {
    return Error(explain_load_failure(errnum, read_host())).within(what);
  }
  return Error::from_errno(fmt::format("{}: verifier: {}", what, verdict), errnum);
}

}  // namespace socketrace
