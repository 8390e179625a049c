// SPDX-License-Identifier: BSD-2-Clause
// Pieces of messages (bpf/contract/dump.h) -> whole messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "bpf/contract/dump.h"

namespace socketrace {

struct Message {
  const st_message* head = nullptr;
  std::span<const std::byte> payload;  // head->captured bytes
  const st_closing* closing = nullptr;
};

class Messages {
 public:
  enum class Taken { message, closing, piece, malformed };

  // `message` is whole after Taken::message, and only `closing` is set after Taken::closing; it
  // borrows from `record` and from here, until the next call. Payload whose message never came (the
  // kernel side has counted it as lost) is dropped once its thread speaks again, or when too many
  // wait.
  Taken take(std::span<const std::byte> record, Message& message);

 private:
  struct Waiting {
    uint64_t time_ns = 0;  // 0: nothing waits
    std::vector<std::byte> bytes;
  };
  Taken take_data(const st_piece& piece, std::span<const std::byte> bytes);
  Taken take_message(const st_message& head, Message& message);
  void drop_oldest();

  std::unordered_map<uint64_t, Waiting> by_thread_;
  std::vector<std::byte> whole_;
};

}  // namespace socketrace
