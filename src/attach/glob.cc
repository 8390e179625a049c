// SPDX-License-Identifier: BSD-2-Clause
#include "attach/glob.h"

#include <bitset>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

namespace socketrace {
namespace {

using Bytes = std::bitset<256>;

// Reads a pattern from its front.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "a", "\xNN", "\["
  Result<uint8_t> byte() {
    if (rest_.empty()) return Error::usage("ends within [...]: want a ']'");
    const char c = next();
    if (c != '\\') return static_cast<uint8_t>(c);
    if (rest_.empty()) return Error::usage("ends with a '\\': want '\\\\' for the byte itself");
    const char escaped = next();
    if (escaped != 'x') return static_cast<uint8_t>(escaped);
    uint8_t value = 0;
    const std::string_view digits = rest_.substr(0, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + 2) {
      return Error::usage("'\\x' without two hexadecimal digits");
    }
    rest_.remove_prefix(2);
    return value;
  }

  // After "[".
  Result<Bytes> one_of() {
    const bool none_of = take('!') || take('^');
    Bytes bytes;
    bool first = true;
    while (first || !take(']')) {
      first = false;
      const uint8_t low = TRY(byte());
      uint8_t high = low;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        high = TRY(byte());
      }
      if (high < low) return Error::usage("a range in [...] ends before it begins");
      for (size_t at = low; at <= high; ++at) bytes.set(at);
    }
    return none_of ? ~bytes : bytes;
  }

  Result<Bytes> token() {
    if (take('?')) return ~Bytes();
    if (take('[')) return one_of();
    Bytes bytes;
    bytes.set(TRY(byte()));
    return bytes;
  }

 private:
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  std::string_view rest_;
};

void set_bit(__u64 (&words)[2], uint32_t bit) {
  words[bit / 64] |= __u64{1} << (bit % 64);
}

}  // namespace

Result<st_glob> compile_glob(std::string_view pattern) {
  st_glob glob{};
  Reader reader(pattern);
  glob.abstract = reader.take('@') ? 1 : 0;
  // A path may fill sun_path; of an abstract name the first byte is the NUL.
  const uint32_t most = ST_UNIX_NAME_LEN - glob.abstract;
  while (!reader.done()) {
    if (reader.take('*')) {
      set_bit(glob.star, glob.tokens);
      continue;
    }
    const Bytes accepted = TRY(reader.token());
    if (glob.tokens == most) {
      return Error::usage("can never match: names of sockets have at most " + std::to_string(most) +
                          " bytes");
    }
    for (size_t byte = 0; byte < accepted.size(); ++byte) {
      if (accepted[byte]) set_bit(glob.accept[byte], glob.tokens);
    }
    ++glob.tokens;
  }
  return glob;
}

st_glob glob_of_path(std::string_view path) {
  st_glob glob{};
  if (path.size() > ST_UNIX_NAME_LEN) return glob;
  for (const char byte : path) {
    set_bit(glob.accept[static_cast<uint8_t>(byte)], glob.tokens);
    ++glob.tokens;
  }
  return glob;
}

}  // namespace socketrace
