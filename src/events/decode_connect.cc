// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode_connect.h"

namespace socketrace {
namespace {

template <typename Record>
const Record* as(std::span<const std::byte> bytes, size_t least) {
  const auto at = reinterpret_cast<uintptr_t>(bytes.data());
  if (bytes.size() < least || at % alignof(Record) != 0) return nullptr;
  return reinterpret_cast<const Record*>(bytes.data());
}

}  // namespace

bool is_answer(std::span<const std::byte> bytes) {
  const auto* event = as<st_event>(bytes, sizeof(st_event));
  return event != nullptr && event->func == ST_CONNECT_ANSWER;
}

bool decode_answer(std::span<const std::byte> bytes, ReceivedAnswer& answer) {
  answer = ReceivedAnswer{};
  const auto* told = as<st_answer>(bytes, sizeof(st_answer));
  if (told == nullptr || told->event.func != ST_CONNECT_ANSWER ||
      told->event.length != sizeof(st_answer) || told->taken > ST_ANSWER_LEN ||
      told->taken > told->whole) {
    return false;
  }
  answer = {told, {told->bytes, told->taken}};
  return true;
}

bool decode_connect(std::span<const std::byte> bytes, Attempt& attempt) {
  constexpr size_t kTextAt = offsetof(st_connect, text);
  attempt = Attempt{};
  const auto* told = as<st_connect>(bytes, kTextAt);
  if (told == nullptr) return false;
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
  attempt.host_is_foreign = (told->flags & ST_CONNECT_HOST_FOREIGN) != 0;
  return true;
}

}  // namespace socketrace
