// SPDX-License-Identifier: BSD-2-Clause
#include "output/sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <string_view>

namespace socketrace {
namespace {

// Our own number above the standard ones: a later message on stderr, or a library that writes to
// fd 1, must never end up in this file.
Result<Fd> above_standard(int fd, const std::string& name) {
  Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy) return Error::from_errno("open " + name, errno);
  return copy;
}

Result<Fd> open_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_LARGEFILE,
               0644));
  if (!fd) return Error::from_errno("open " + path, errno);
  if (fd.get() > STDERR_FILENO) return fd;
  return above_standard(fd.get(), path);
}

// Where the last whole hit ends within `text`, and how many hits that are. A line that starts with
// a tab continues the hit above it (format/line.h), so a newline ends a hit when what follows it,
// if anything does, is not a tab.
struct Whole {
  size_t end = 0;
  uint64_t hits = 0;
};
Whole whole_hits(std::string_view text, size_t written) {
  Whole whole;
  for (size_t at = text.find('\n'); at < written; at = text.find('\n', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] == '\t') continue;
    whole.end = at + 1;
    ++whole.hits;
  }
  return whole;
}
Whole whole_packets(std::span<const size_t> ends, size_t written) {
  Whole whole;
  for (const size_t end : ends) {
    if (end > written) break;
    whole = {end, whole.hits + 1};
  }
  return whole;
}

}  // namespace

Result<Sink> Sink::open(const std::string& path, const std::atomic<int>* stop,
                        const WriteCalls& calls) {
  if (!path.empty()) return Sink(TRY(open_file(path)), path, stop, calls);
  if (fcntl(STDOUT_FILENO, F_GETFD) < 0) return Error("stdout is closed; use --output-file");
  return Sink(TRY(above_standard(STDOUT_FILENO, "stdout")), "stdout", stop, calls);
}

Sink::Sink(Fd fd, std::string name, const std::atomic<int>* stop, const WriteCalls& calls)
    : fd_(std::move(fd)),
      name_(std::move(name)),
      stop_(stop),
      calls_(&calls),
      terminal_(isatty(fd_.get()) == 1),
      at_once_(terminal_),
      buffer_(kBatch + kBatch / 4) {}

Result<void> Sink::flush() {
  if (closed_ || failed_ || !fd_) {
    clear();
    return {};
  }
  if (buffer_.size() == 0) return {};
  const Written written = write_all(fd_.get(), buffer_.view(), stop_, *calls_);
  if (written.bytes == buffer_.size()) {
    lines_written_ += waiting_lines_;
  } else {
    account(written.bytes);
  }
  clear();
  if (written.errnum == 0 && !written.gave_up) return {};
  if (is_normal_end(written)) {
    closed_ = true;
    return {};
  }
  failed_ = true;
  return Error::from_errno("write " + name_, written.errnum);
}

void Sink::clear() {
  buffer_.clear();
  waiting_lines_ = 0;
  hit_ends_.clear();
}

Result<void> Sink::finish() {
  TRY(flush());
  if (!fd_ || closed_ || failed_) return {};
  // EINTR: Linux has released the number already, and nothing was lost.
  if (::close(fd_.release()) != 0 && errno != EINTR) {
    return Error::from_errno("close " + name_, errno);
  }
  return {};
}

// A batch was cut short: count what went out whole, and take back what did not.
void Sink::account(size_t written) {
  const std::string_view text = buffer_.view();
  const Whole whole = packets_ ? whole_packets(hit_ends_, written) : whole_hits(text, written);
  // Headers come before the hits of their batch and were not announced by line_done().
  const uint64_t headers = packets_ ? 0 : whole_hits(text, text.size()).hits - waiting_lines_;
  if (whole.hits > headers) lines_written_ += whole.hits - headers;
  if (written > whole.end) drop_torn_hit(written - whole.end);
}

// A file shall end with a whole hit also when the disk is full. Only a regular file can be cut, and
// only if nobody else has written behind us; best effort, the error is on its way already.
void Sink::drop_torn_hit(size_t torn) const {
  struct stat status = {};
  if (fstat(fd_.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  const off_t end = lseek(fd_.get(), 0, SEEK_CUR);
  if (end != status.st_size || static_cast<uint64_t>(end) < torn) return;
  const off_t whole_end = end - static_cast<off_t>(torn);
  if (ftruncate(fd_.get(), whole_end) == 0) lseek(fd_.get(), whole_end, SEEK_SET);
}

bool Sink::is_normal_end(const Written& written) const {
  if (written.gave_up) return true;
  // A socket as stdout (ssh, inetd) says ECONNRESET; a terminal that hung up EIO (tty_write).
  return written.errnum == EPIPE || written.errnum == ECONNRESET ||
         (terminal_ && written.errnum == EIO);
}

}  // namespace socketrace
