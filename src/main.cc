// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "cli/parse.h"
#include "cmd/cmd.h"
#include "host/libbpf_version.h"

namespace socketrace {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

// A closed stderr or stdin would be taken by the first map or link we open, and our messages would
// be written into that. Below 3, open() gives the lowest free number, so the order matters.
void occupy_standard_fds() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (is_open(fd)) continue;
    [[maybe_unused]] const int taken = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  }
}

// Help and version. A closed pipe is a normal end, a full disk is not.
Result<int> print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      return 0;
    } else if (errno != EINTR) {
      return Error::from_errno("write to stdout", errno);
    }
  }
  return 0;
}

Result<int> run(const Invocation& invocation, bool stdout_open) {
  if (!stdout_open && invocation.view.output_path.empty()) return Error("stdout is closed");
  for (const std::string& warning : invocation.warnings) say("warning: " + warning);
  switch (invocation.command) {
    case Command::help:
      return print(invocation.text);
    case Command::version:
      return print(invocation.text + "libbpf " + std::string(libbpf_version()) + "\n");
    case Command::list_funcs:
      return list_funcs(invocation);
    case Command::trace:
      return trace(invocation);
    case Command::calls:
      return calls(invocation);
    case Command::connect:
      return connect_attempts(invocation);
    case Command::count:
      return count(invocation);
    case Command::dump:
      return dump(invocation);
  }
  __builtin_unreachable();
}

int fail(const Error& error) {
  constexpr int kWrongUsage = 2;
  const bool wrong_usage = error.exit_status() == kWrongUsage;
  say_error(error.text(), wrong_usage ? "Try 'socketrace --help'." : "");
  return error.exit_status();
}

Loudness loudness_of(const Invocation& invocation) {
  if (invocation.quiet) return Loudness::quiet;
  return invocation.verbose ? Loudness::verbose : Loudness::normal;
}

int main_result(int argc, const char* const* argv) {
  const bool stdout_open = is_open(STDOUT_FILENO);
  occupy_standard_fds();
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): SIGPIPE can be ignored; write tells
  const auto invocation = parse_command_line(argc, argv);
  if (!invocation) return fail(invocation.error());
  set_loudness(loudness_of(*invocation));
  const auto status = run(*invocation, stdout_open);
  return status ? *status : fail(status.error());
}

}  // namespace
}  // namespace socketrace

// Exceptions are mistakes of ours: std::terminate says where, a handler would hide it.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  return socketrace::main_result(argc, argv);
}
