// SPDX-License-Identifier: BSD-2-Clause
#include "select/lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/fd.h"

namespace socketrace {
namespace {

Result<Fd> open_for_reading(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error::from_errno("open " + path, errno);
  return fd;
}

// A seq_file hands out about a page for each read(2), however large the buffer is.
Result<size_t> read_some(const Fd& fd, char* into, size_t room, const std::string& path) {
  for (;;) {
    const ssize_t count = ::read(fd.get(), into, room);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno != EINTR) return Error::from_errno("read " + path, errno);
  }
}

}  // namespace

Result<void> each_run_of_lines(const std::string& path,
                               const std::function<void(std::string_view)>& on_lines) {
  const Fd fd = TRY(open_for_reading(path));
  const std::unique_ptr<char[]> buffer(new char[kLongestLine]);
  size_t filled = 0;
  bool dropping = false;  // inside a line that did not fit
  for (;;) {
    const size_t count = TRY(read_some(fd, buffer.get() + filled, kLongestLine - filled, path));
    filled += count;
    std::string_view bytes(buffer.get(), filled);
    if (dropping) {
      const size_t end = bytes.find('\n');
      if (end != std::string_view::npos) {
        bytes.remove_prefix(end + 1);
        dropping = false;
      }
    }
    if (count == 0) {
      if (!dropping && !bytes.empty()) on_lines(bytes);
      return {};
    }
    const size_t whole = dropping ? 0 : bytes.rfind('\n') + 1;  // npos + 1 is 0
    if (whole > 0) on_lines(bytes.substr(0, whole));
    bytes.remove_prefix(whole);
    if (dropping || bytes.size() == kLongestLine) {
      dropping = true;
      bytes.remove_prefix(bytes.size());
    }
    std::memmove(buffer.get(), bytes.data(), bytes.size());
    filled = bytes.size();
  }
}

Result<std::string> read_whole(const std::string& path, size_t limit) {
  const Fd fd = TRY(open_for_reading(path));
  struct stat status {};
  const bool sized = ::fstat(fd.get(), &status) == 0 && status.st_size > 0;
  // One byte more than the file says, so that the end shows without growing. What it says may be
  // wrong (procfs says 0), and sysfs hands out a page for each read(2).
  const size_t said = sized ? static_cast<size_t>(status.st_size) : 4096;
  std::string bytes(std::min(said, limit) + 1, '\0');
  size_t filled = 0;
  for (;;) {
    const size_t count = TRY(read_some(fd, bytes.data() + filled, bytes.size() - filled, path));
    filled += count;
    if (filled > limit) {
      return Error("read " + path + ": larger than " + std::to_string(limit) + " bytes");
    }
    if (count == 0) {
      bytes.resize(filled);
      return bytes;
    }
    if (filled == bytes.size()) bytes.resize(std::min(filled * 2, limit + 1));
  }
}

}  // namespace socketrace
