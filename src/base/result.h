// SPDX-License-Identifier: BSD-2-Clause
// Errors are values: Result<T> holds a T or an Error, in std::expected's spelling.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace socketrace {

// What went wrong, as text for the user, and the exit status it deserves.
class [[nodiscard]] Error {
 public:
  explicit Error(std::string text) : text_(std::move(text)) {}

  // Text from an errno value (positive), e.g. errno_text("open /x", ENOENT).
  static Error from_errno(std::string_view what, int errnum) {
    return Error(std::string(what) + ": " + std::strerror(errnum), errnum);
  }
  // A usage error: exit status 2.
  static Error usage(std::string text) {
    Error error(std::move(text));
    error.exit_status_ = 2;
    return error;
  }

  // Each layer adds one noun phrase in front: "attach tcp_sendmsg: Operation not permitted".
  Error within(std::string_view context) && {
    text_ = std::string(context) + ": " + text_;
    return std::move(*this);
  }

  const std::string& text() const { return text_; }
  int errnum() const { return errnum_; }  // 0 when the error did not come from the system
  int exit_status() const { return exit_status_; }

 private:
  Error(std::string text, int errnum) : text_(std::move(text)), errnum_(errnum) {}

  std::string text_;
  int errnum_ = 0;
  int exit_status_ = 1;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return held_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return std::get<0>(held_); }
  const T& value() const& { return std::get<0>(held_); }
  T&& value() && { return std::get<0>(std::move(held_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(held_); }
  const Error& error() const& { return std::get<1>(held_); }
  Error&& error() && { return std::get<1>(std::move(held_)); }

 private:
  std::variant<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const {}
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace socketrace

// TRY(expr): the value of a Result, or return its error from the enclosing function.
// A GNU statement expression (GCC and clang): no other spelling yields a value and returns.
#define TRY(...)                                             \
  __extension__({                                            \
    auto try_result_ = (__VA_ARGS__);                        \
    if (!try_result_) return std::move(try_result_).error(); \
    std::move(try_result_).value();                          \
  })
