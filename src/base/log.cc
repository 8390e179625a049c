// SPDX-License-Identifier: BSD-2-Clause
#include "base/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace socketrace {
namespace {

Loudness g_loudness = Loudness::normal;

void put_escaped(std::string& line, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      line += c;
    } else {
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  line += '\n';
}

// Whoever shares a terminal or a pipe with us may have made it non-blocking. Nothing is said when
// it stays full: a message is not worth standing still for.
void write_whole(std::string_view text) {
  constexpr int kPatienceMs = 1000;
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
      return;
    } else if (errno == EAGAIN) {
      pollfd ready = {STDERR_FILENO, POLLOUT, 0};
      if (::poll(&ready, 1, kPatienceMs) == 0) return;
    }
  }
}

void write_line(std::string_view text, std::string_view hint = {}) {
  std::string line = "socketrace: ";
  put_escaped(line, text);
  if (!hint.empty()) put_escaped(line, hint);
  write_whole(line);
}

}  // namespace

void set_loudness(Loudness loudness) {
  g_loudness = loudness;
}
Loudness loudness() {
  return g_loudness;
}

void say_error(std::string_view text, std::string_view hint) {
  write_line(text, hint);
}
void say(std::string_view text) {
  if (g_loudness != Loudness::quiet) write_line(text);
}
void say_verbose(std::string_view text) {
  if (g_loudness == Loudness::verbose) write_line(text);
}
void say_verbose_lines(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    say_verbose(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace socketrace
