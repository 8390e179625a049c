// SPDX-License-Identifier: BSD-2-Clause
#include "events/host_names.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

namespace socketrace {
namespace {

// In a stream the length comes first. Who reads it by itself has the message alone.
std::span<const uint8_t> message_of(const ReceivedAnswer& received) {
  const std::span<const uint8_t> bytes = received.bytes;
  const bool stream = (received.told->flags & ST_ANSWER_STREAM) != 0;
  if (!stream || bytes.size() < 2) return bytes;
  const uint32_t length = static_cast<uint32_t>(bytes[0] << 8 | bytes[1]);
  return length + 2 == received.told->whole ? bytes.subspan(2) : bytes;
}

template <typename Record>
Process process_of(const Record& told) {
  return {told.process_start, told.process};
}

std::optional<InternetAddress> destination(const st_connect& told) {
  InternetAddress address = {};
  uint16_t family = AF_UNSPEC;
  if (told.address_taken >= sizeof(family)) std::memcpy(&family, told.address, sizeof(family));
  if (family == AF_INET && told.address_taken >= offsetof(sockaddr_in, sin_zero)) {
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, told.address + offsetof(sockaddr_in, sin_addr), 4);
    return address;
  }
  if (family == AF_INET6 && told.address_taken >= offsetof(sockaddr_in6, sin6_scope_id)) {
    std::memcpy(address.data(), told.address + offsetof(sockaddr_in6, sin6_addr), 16);
    return address;
  }
  return std::nullopt;
}

}  // namespace

void HostNames::learn(const ReceivedAnswer& received) {
  DnsAnswer answer;
  const DnsVerdict verdict = parse_dns(message_of(received), received.is_cut(), answer);
  if (verdict == DnsVerdict::malformed) {
    ++not_understood_;
    return;
  }
  if (received.is_cut() || answer.cut) ++cut_;
  for (const InternetAddress& address : answer.addresses) {
    put({{}, address}, answer.name);
    put({process_of(*received.told), address}, answer.name);
  }
}

void HostNames::name(Attempt& attempt) {
  if (!attempt.host.empty() && !attempt.host_is_foreign) return;
  const auto address = destination(*attempt.told);
  if (!address) return;
  const std::string* own = find({process_of(*attempt.told), *address});
  if (own != nullptr) {
    attempt.host = *own;
    attempt.host_is_foreign = false;
    return;
  }
  if (!attempt.host.empty()) return;
  const std::string* foreign = find({{}, *address});
  if (foreign == nullptr) return;
  attempt.host = *foreign;
  attempt.host_is_foreign = true;
}

void HostNames::put(const Key& key, const std::string& name) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
    entries_.front().name = name;
    return;
  }
  if (entries_.size() >= most_) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, name});
  by_key_.emplace(key, entries_.begin());
}

const std::string* HostNames::find(const Key& key) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, known->second);
  return &entries_.front().name;
}

}  // namespace socketrace
