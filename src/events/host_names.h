// SPDX-License-Identifier: BSD-2-Clause
// Names that programs got addresses for from DNS servers: the part of bpf/connect/hosts.h that user
// space has.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "events/decode_connect.h"
#include "events/dns.h"

namespace socketrace {

// A process by its start and its number; both 0: whoever learned it last.
struct Process {
  uint64_t start = 0;
  uint32_t number = 0;
  auto operator<=>(const Process&) const = default;  // NOLINT(modernize-use-nullptr): its own zero
};

class HostNames {
 public:
  // Of more than `most` the one that was learned or found the longest time ago is forgotten.
  explicit HostNames(size_t most = 16384) : most_(most) {}

  void learn(const ReceivedAnswer& received);
  // Gives the attempt a host where the kernel side had none, or only one that another process asked
  // for and its own process has learned one from DNS. Valid until the next answer is learned.
  void name(Attempt& attempt);

  uint64_t not_understood() const { return not_understood_; }
  uint64_t cut() const { return cut_; }

 private:
  using Key = std::pair<Process, InternetAddress>;
  struct Entry {
    Key key;
    std::string name;
  };

  void put(const Key& key, const std::string& name);
  const std::string* find(const Key& key);

  const size_t most_;
  std::list<Entry> entries_;  // the latest in front
  // Ordered: whoever sends answers chooses the addresses, and cannot make a tree slow.
  std::map<Key, std::list<Entry>::iterator> by_key_;
  uint64_t not_understood_ = 0;
  uint64_t cut_ = 0;
};

}  // namespace socketrace
