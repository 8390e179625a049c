// SPDX-License-Identifier: BSD-2-Clause
#include "events/messages.h"

#include <algorithm>

namespace socketrace {
namespace {

// Threads in the middle of a message at the same moment: hardly more than processors. What stays is
// of lost messages.
constexpr size_t kMostWaiting = 256;

}  // namespace

Messages::Taken Messages::take(std::span<const std::byte> record, Message& message) {
  if (record.size() < sizeof(st_piece) ||
      reinterpret_cast<uintptr_t>(record.data()) % alignof(st_message) != 0) {
    return Taken::malformed;
  }
  const auto& piece = *reinterpret_cast<const st_piece*>(record.data());
  if (piece.length < sizeof(st_piece) || piece.length > record.size()) return Taken::malformed;
  if (piece.kind == ST_PIECE_DATA) {
    return take_data(piece, record.subspan(sizeof(st_piece), piece.length - sizeof(st_piece)));
  }
  if (piece.kind == ST_PIECE_CLOSING && piece.length == sizeof(st_closing)) {
    message = {nullptr, {}, reinterpret_cast<const st_closing*>(record.data())};
    return Taken::closing;
  }
  if (piece.kind != ST_PIECE_MESSAGE || piece.length != sizeof(st_message)) {
    return Taken::malformed;
  }
  return take_message(*reinterpret_cast<const st_message*>(record.data()), message);
}

Messages::Taken Messages::take_data(const st_piece& piece, std::span<const std::byte> bytes) {
  if (bytes.size() > ST_DUMP_MAX_BYTES || piece.offset > ST_DUMP_MAX_BYTES - bytes.size()) {
    return Taken::malformed;
  }
  if (by_thread_.size() >= kMostWaiting && !by_thread_.contains(piece.thread)) drop_oldest();
  Waiting& waiting = by_thread_[piece.thread];
  if (waiting.time_ns != piece.time_ns) {
    waiting.time_ns = piece.time_ns;
    waiting.bytes.clear();
  }
  // A hole: the piece before this one was not taken. The message will not match its length.
  if (waiting.bytes.size() == piece.offset) {
    waiting.bytes.insert(waiting.bytes.end(), bytes.begin(), bytes.end());
  }
  return Taken::piece;
}

Messages::Taken Messages::take_message(const st_message& head, Message& message) {
  whole_.clear();
  if (const auto found = by_thread_.find(head.head.thread); found != by_thread_.end()) {
    Waiting& waiting = found->second;
    if (waiting.time_ns == head.head.time_ns) whole_.swap(waiting.bytes);
    waiting.time_ns = 0;
    waiting.bytes.clear();  // its room stays: growing anew would be half of all the work
  }
  if (whole_.size() != head.captured || head.local_len > ST_UNIX_NAME_LEN ||
      head.peer_len > ST_UNIX_NAME_LEN) {
    return Taken::malformed;
  }
  message = {&head, whole_, nullptr};
  return Taken::message;
}

void Messages::drop_oldest() {
  by_thread_.erase(
      std::ranges::min_element(by_thread_, {}, [](const auto& one) { return one.second.time_ns; }));
}

}  // namespace socketrace
