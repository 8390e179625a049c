// SPDX-License-Identifier: BSD-2-Clause
#include "events/decode.h"

namespace socketrace {
namespace {

constexpr size_t kMoreAt = offsetof(st_record, more);
constexpr size_t kDetailsAt = offsetof(st_record, details);
constexpr size_t kUnixAt = offsetof(st_record, unix_names);
constexpr size_t kFramesAt = offsetof(st_record, frames);
constexpr unsigned kKnownSections =
    ST_SECTION_ENDS | ST_SECTION_DETAILS | ST_SECTION_UNIX | ST_SECTION_STACK;

// The parts lie at fixed offsets, so a record ends where one of them ends.
bool ends_at_a_part(size_t length, unsigned sections) {
  if (length > kFramesAt) {
    return (sections & ST_SECTION_STACK) != 0 && length <= sizeof(st_record) &&
           (length - kFramesAt) % sizeof(uint64_t) == 0;
  }
  return length == kMoreAt || length == kDetailsAt || length == kUnixAt || length == kFramesAt;
}

}  // namespace

bool decode(std::span<const std::byte> bytes, Hit& hit) {
  hit = Hit{};
  // The kernel aligns every record to 8 bytes (__bpf_ringbuf_reserve rounds up).
  if (bytes.size() < sizeof(st_event) ||
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(st_record) != 0) {
    return false;
  }
  const auto* event = reinterpret_cast<const st_event*>(bytes.data());
  const size_t length = event->length;
  const unsigned sections = event->sections;
  if (length > bytes.size() || (sections & ~kKnownSections) != 0) return false;
  if (!ends_at_a_part(length, sections)) return false;
  if ((sections & ST_SECTION_ENDS) != 0 && length < kDetailsAt) return false;
  if ((sections & ST_SECTION_DETAILS) != 0 && length < kUnixAt) return false;
  if ((sections & ST_SECTION_UNIX) != 0 && length < kFramesAt) return false;
  if ((sections & ST_SECTION_STACK) != 0 && length < kFramesAt) return false;

  if ((sections & ST_SECTION_ENDS) != 0) {
    hit.more = reinterpret_cast<const st_more*>(bytes.data() + kMoreAt);
  }
  if ((sections & ST_SECTION_DETAILS) != 0) {
    hit.details = reinterpret_cast<const st_details*>(bytes.data() + kDetailsAt);
  }
  if ((sections & ST_SECTION_UNIX) != 0) {
    const auto* names = reinterpret_cast<const st_unix*>(bytes.data() + kUnixAt);
    if (names->local_len > ST_UNIX_NAME_LEN || names->peer_len > ST_UNIX_NAME_LEN) {
      hit = Hit{};
      return false;
    }
    hit.unix_names = names;
  }
  if ((sections & ST_SECTION_STACK) != 0) {
    hit.frames = {reinterpret_cast<const uint64_t*>(bytes.data() + kFramesAt),
                  (length - kFramesAt) / sizeof(uint64_t)};
  }
  hit.event = event;
  return true;
}

}  // namespace socketrace
