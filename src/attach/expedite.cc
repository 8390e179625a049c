// SPDX-License-Identifier: BSD-2-Clause
#include "attach/expedite.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace socketrace {
namespace {

// A setting of one number: 0 or another. False when it cannot be read.
bool is_zero(int fd, bool& zero) {
  char text[16];
  const ssize_t length = pread(fd, text, sizeof text, 0);
  if (length <= 0) return false;
  zero = text[0] == '0';
  return true;
}

bool lock(const Fd& fd) {
  struct flock all {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  return fcntl(fd.get(), F_OFD_SETLK, &all) == 0;
}

}  // namespace

Result<ExpeditedRcu> ExpeditedRcu::open(const RcuFiles& files) {
  Fd setting(::open(files.expedited.c_str(), O_RDWR | O_CLOEXEC));
  if (!setting) return Error::from_errno("--expedite-rcu: " + files.expedited, errno);
  bool zero = true;
  const Fd normal(::open(files.normal.c_str(), O_RDONLY | O_CLOEXEC));
  if (normal && is_zero(normal.get(), zero) && !zero) {
    return Error("--expedite-rcu: " + files.normal +
                 " is 1, which overrides it: write 0 to that file, or go without the option");
  }
  const bool locked = lock(setting);
  if (!is_zero(setting.get(), zero)) {
    return Error::from_errno("--expedite-rcu: " + files.expedited, EIO);
  }
  return ExpeditedRcu(files.expedited, std::move(setting), locked && zero);
}

ExpeditedRcu& ExpeditedRcu::operator=(ExpeditedRcu&& other) noexcept {
  if (this == &other) return *this;
  [[maybe_unused]] const auto best_effort = end();
  path_ = std::move(other.path_);
  setting_ = std::move(other.setting_);
  ours_ = other.ours_;
  on_ = other.on_;
  return *this;
}

ExpeditedRcu::~ExpeditedRcu() {
  [[maybe_unused]] const auto best_effort = end();
}

Result<void> ExpeditedRcu::put(char value) const {
  // sysfs takes each write as the whole value, wherever it is said to go.
  if (lseek(setting_.get(), 0, SEEK_SET) != 0 || write(setting_.get(), &value, 1) != 1) {
    return Error::from_errno(path_, errno);
  }
  return {};
}

Result<void> ExpeditedRcu::begin() {
  if (!setting_ || !ours_ || on_) return {};
  TRY(put('1'));
  on_ = true;
  return {};
}

Result<void> ExpeditedRcu::end() {
  if (!setting_ || !on_) return {};
  on_ = false;
  auto restored = put('0');
  if (restored) return {};
  return Error("--expedite-rcu: " + restored.error().text() +
               ": it could not be set back to 0, and grace periods stay short");
}

}  // namespace socketrace
