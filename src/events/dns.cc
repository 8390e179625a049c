// SPDX-License-Identifier: BSD-2-Clause
#include "events/dns.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace socketrace {
namespace {

constexpr size_t kHeader = 12;
constexpr size_t kLongestName = 255;  // RFC 1035 2.3.4: with the lengths of its labels
// Each pointer must lead further back, so they end anyway; no sane name has that many.
constexpr int kMostPointers = 64;
constexpr int kMostAliases = 16;
constexpr uint16_t kA = 1, kCname = 5, kAaaa = 28, kInternet = 1;

enum class Step { read, ended, malformed };  // ended: the message is shorter

// Every read says whether the message was long enough.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> message) : message_(message) {}

  size_t at() const { return at_; }
  bool skip(size_t count) {
    if (message_.size() - at_ < count) return false;
    at_ += count;
    return true;
  }
  bool read(uint16_t& value) {
    const size_t at = at_;
    if (!skip(2)) return false;
    value = static_cast<uint16_t>(message_[at] << 8 | message_[at + 1]);
    return true;
  }
  bool read(std::span<uint8_t> bytes) {
    const size_t at = at_;
    if (!skip(bytes.size())) return false;
    std::copy_n(message_.begin() + static_cast<ptrdiff_t>(at), bytes.size(), bytes.begin());
    return true;
  }
  Step read_name(std::string& name);

 private:
  std::span<const uint8_t> message_;
  size_t at_ = 0;
};

// DNS takes 'A' for 'a' (RFC 4343), and some resolvers mix them at random, so that a forger has to
// guess.
char small(uint8_t c) {
  return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

// Labels until the empty one, or until a pointer to where the rest stands. The root is "".
Step Reader::read_name(std::string& name) {
  name.clear();
  size_t at = at_, length = 1, before = at_;
  bool jumped = false;
  for (int pointers = 0;;) {
    if (at >= message_.size()) return Step::ended;
    const size_t label = message_[at++];
    if (label >= 0xc0) {
      if (at >= message_.size()) return Step::ended;
      const size_t to = (label & 0x3f) << 8 | message_[at++];
      if (to < kHeader || to >= before || ++pointers > kMostPointers) return Step::malformed;
      if (!jumped) at_ = at;
      jumped = true;
      at = before = to;
      continue;
    }
    if (label > 0x3f) return Step::malformed;
    if (label == 0) break;
    length += label + 1;
    if (length > kLongestName) return Step::malformed;
    if (message_.size() - at < label) return Step::ended;
    if (!name.empty()) name += '.';
    for (const uint8_t c : message_.subspan(at, label)) {
      if (c == '.') return Step::malformed;  // it would read as another name
      name += small(c);
    }
    at += label;
  }
  if (!jumped) at_ = at;
  return Step::read;
}

struct Header {
  uint16_t id, flags, questions, answers, authorities, additionals;

  bool is_response() const { return (flags & 0x8000) != 0; }
  bool is_query_kind() const { return (flags & 0x7800) == 0; }
  bool is_success() const { return (flags & 0x000f) == 0; }
};

struct Record {
  std::string owner;
  std::string alias;  // of a CNAME
  std::optional<InternetAddress> address;
};

// The address that the data of an A (4 bytes) or AAAA (16) record is.
bool read_address(Reader& reader, uint16_t size, InternetAddress& address) {
  address = {};
  if (size == 16) return reader.read(address);
  address[10] = address[11] = 0xff;
  return size == 4 && reader.read(std::span(address).subspan(12));
}

Step read_record(Reader& reader, Record& record) {
  uint16_t type = 0, of_class = 0, size = 0;
  record = Record();
  if (const Step step = reader.read_name(record.owner); step != Step::read) return step;
  if (!reader.read(type) || !reader.read(of_class) || !reader.skip(4) || !reader.read(size)) {
    return Step::ended;
  }
  Reader after = reader;
  if (!after.skip(size)) return Step::ended;
  if (of_class == kInternet && type == kCname) {
    if (reader.read_name(record.alias) != Step::read || reader.at() != after.at()) {
      return Step::malformed;
    }
  } else if (of_class == kInternet && (type == kA || type == kAaaa)) {
    InternetAddress address;
    if (size != (type == kA ? 4 : 16) || !read_address(reader, size, address)) {
      return Step::malformed;
    }
    record.address = address;
  }
  reader = after;
  return Step::read;
}

// Where the CNAMEs lead, from `name` on and with it.
std::vector<std::string> aliases_of(const std::string& name, const std::vector<Record>& records) {
  std::vector<std::string> names{name};
  while (names.size() <= kMostAliases) {
    const auto next = std::find_if(records.begin(), records.end(), [&](const Record& record) {
      return !record.alias.empty() && record.owner == names.back();
    });
    if (next == records.end() ||
        std::find(names.begin(), names.end(), next->alias) != names.end()) {
      break;
    }
    names.push_back(next->alias);
  }
  return names;
}

}  // namespace

DnsVerdict parse_dns(std::span<const uint8_t> message, bool cut, DnsAnswer& answer) {
  answer = DnsAnswer();
  Reader reader(message);
  Header header = {};
  std::string name;
  uint16_t type = 0, of_class = 0;
  if (!reader.read(header.id) || !reader.read(header.flags) || !reader.read(header.questions) ||
      !reader.read(header.answers) || !reader.read(header.authorities) ||
      !reader.read(header.additionals)) {
    return DnsVerdict::malformed;
  }
  if (!header.is_response() || !header.is_query_kind() || !header.is_success()) {
    return DnsVerdict::nothing;
  }
  if (header.questions != 1) {
    return header.questions == 0 ? DnsVerdict::nothing : DnsVerdict::malformed;
  }
  if (reader.read_name(name) != Step::read || !reader.read(type) || !reader.read(of_class)) {
    return DnsVerdict::malformed;
  }
  if (of_class != kInternet || name.empty()) return DnsVerdict::nothing;

  std::vector<Record> records;
  for (int i = 0; i < header.answers; ++i) {
    Record record;
    const Step step = read_record(reader, record);
    if (step == Step::ended && cut) break;
    if (step != Step::read) return DnsVerdict::malformed;
    if (record.address || !record.alias.empty()) records.push_back(std::move(record));
  }
  const std::vector<std::string> names = aliases_of(name, records);
  answer.cut = names.size() > kMostAliases;
  for (const Record& record : records) {
    if (!record.address || std::find(names.begin(), names.end(), record.owner) == names.end()) {
      continue;
    }
    answer.addresses.push_back(*record.address);
  }
  if (answer.addresses.empty()) return DnsVerdict::nothing;
  answer.name = std::move(name);
  return DnsVerdict::answer;
}

}  // namespace socketrace
