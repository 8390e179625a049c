// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode_connect.h"

namespace socketrace {

bool decode_connect(std::span<const std::byte> bytes, Attempt& attempt) {
  constexpr size_t kTextAt = offsetof(st_connect, text);
  attempt = Attempt{};
  if (bytes.size() < kTextAt ||
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(st_connect) != 0) {
    return false;
  }
  const auto* told = reinterpret_cast<const st_connect*>(bytes.data());
  const size_t length = told->event.length;
  const size_t texts = size_t{told->exe_length} + told->args_length + told->host_length;
  if (length > bytes.size() || length > sizeof(st_connect) || length != kTextAt + texts ||
      told->address_taken > ST_SOCKADDR_LEN || told->host_length >= ST_HOST_LEN) {
    return false;
  }
  const std::string_view text(told->text, texts);
  attempt.told = told;
  attempt.exe = text.substr(0, told->exe_length);
  attempt.args = text.substr(told->exe_length, told->args_length);
  attempt.host = text.substr(size_t{told->exe_length} + told->args_length);
  return true;
}

}  // namespace socketrace
