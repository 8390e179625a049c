// SPDX-License-Identifier: BSD-2-Clause
#include "names/as_table.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>

#include "base/escape.h"
#include "base/fd.h"

namespace socketrace {
namespace {

constexpr size_t kMostNotes = 10;
constexpr size_t kChunk = size_t{256} << 10;
constexpr size_t kLongestLine = size_t{64} << 10;
constexpr const char* kWanted = "want START, END, ASN, COUNTRY, DESCRIPTION between tabs";

Uint128 from_bytes(const uint8_t* bytes) {
  Uint128 number = 0;
  for (int i = 0; i < 16; ++i) number = number << 8 | bytes[i];
  return number;
}
uint32_t word_from_bytes(const uint8_t* bytes) {
  uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return ntohl(word);
}

struct Parsed {
  bool ipv6 = false;
  Uint128 number = 0;
};

std::optional<uint32_t> decimal_word(std::string_view text) {
  uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return number;
}

// inet_pton wants a NUL.
std::optional<Parsed> parse_address(std::string_view text) {
  if (const auto number = decimal_word(text)) return Parsed{false, *number};
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(copy)) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  uint8_t bytes[16];
  const bool ipv6 = text.find(':') != text.npos;
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, copy, bytes) != 1) return std::nullopt;
  return Parsed{ipv6, ipv6 ? from_bytes(bytes) : word_from_bytes(bytes)};
}

// START, END, ASN, COUNTRY and the rest of the line, which may hold anything.
bool split(std::string_view line, std::array<std::string_view, 5>& fields) {
  for (size_t i = 0; i < 4; ++i) {
    const size_t tab = line.find('\t');
    if (tab == line.npos) return false;
    fields[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  fields[4] = line;
  return true;
}

// Sorted by where they begin, the wider first: who is on top of the stack is the narrowest so far.
template <typename Address>
void flatten(std::vector<AsRange<Address>>& ranges) {
  // In place: a stable sort would take as much memory again.
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.last != b.last ? a.last > b.last : a.order < b.order;
  });
  const auto overlap = [](const auto& a, const auto& b) { return b.first <= a.last; };
  if (std::adjacent_find(ranges.begin(), ranges.end(), overlap) == ranges.end()) return;

  std::vector<AsRange<Address>> flat, stack;
  Address at = 0;     // everything below is settled
  bool over = false;  // the highest address is: nothing follows
  const auto settle_top = [&] {
    AsRange<Address> top = stack.back();
    stack.pop_back();
    if (over || top.last < at) return;
    over = top.last == static_cast<Address>(~Address{0});
    const Address next = top.last + 1;
    top.first = at;
    flat.push_back(top);
    at = next;
  };
  for (const auto& range : ranges) {
    while (!stack.empty() && stack.back().last < range.first) settle_top();
    if (!stack.empty() && at < range.first) {
      AsRange<Address> before = stack.back();
      before.first = at;
      before.last = range.first - 1;
      flat.push_back(before);
    }
    at = range.first;
    stack.push_back(range);
  }
  while (!stack.empty()) settle_top();
  ranges = std::move(flat);
}

template <typename Address>
const AsRange<Address>* find(const std::vector<AsRange<Address>>& ranges, Address address) {
  auto after = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](Address a, const auto& range) { return a < range.first; });
  if (after == ranges.begin()) return nullptr;
  --after;
  return address <= after->last ? &*after : nullptr;
}

void close_gz(gzFile file) {
  gzclose(file);
}

Error read_error(const std::string& path, gzFile file) {
  int number = Z_OK;
  const char* text = gzerror(file, &number);
  if (number == Z_ERRNO) return Error::from_errno("read " + path, errno);
  return Error("read " + path + ": " + (text == nullptr || *text == '\0' ? "broken" : text));
}

// A compressed file that ends too early is told by gzread only as its end.
int status_of(gzFile file) {
  int number = Z_OK;
  gzerror(file, &number);
  return number;
}

}  // namespace

void AsTable::complain(const std::string& origin, uint64_t line, const char* wrong) {
  ++malformed_;
  if (notes_.size() < kMostNotes) notes_.push_back(fmt::format("{}:{}: {}", origin, line, wrong));
}

// The first word is the network's handle, what follows is prose. Networks have many ranges.
uint32_t AsTable::keep_name(uint32_t number, std::string_view description) {
  const std::string_view name =
      description.substr(0, std::min(description.find_first_of(" \t\r\v\f"), description.size()))
          .substr(0, description.find('\0'));
  const auto [known, is_new] = name_of_.try_emplace(number, names_.size());
  if (!is_new && name == std::string_view(names_.data() + known->second)) return known->second;
  known->second = static_cast<uint32_t>(names_.size());
  names_.append(name).push_back('\0');
  return known->second;
}

bool AsTable::add_line(std::string_view line, const char*& wrong) {
  std::array<std::string_view, 5> fields;
  wrong = kWanted;
  if (!split(line, fields)) return false;
  const auto first = parse_address(fields[0]), last = parse_address(fields[1]);
  wrong = "START or END is not an address";
  if (!first || !last) return false;
  wrong = "START and END are not of one family";
  if (first->ipv6 != last->ipv6) return false;
  wrong = "START is above END";
  if (first->number > last->number) return false;
  const auto number = decimal_word(fields[2]);
  wrong = "ASN is not a number of 32 bits";
  if (!number) return false;
  const uint32_t name = *number == 0 ? 0 : keep_name(*number, fields[4]);
  const auto order = static_cast<uint32_t>(size());
  if (first->ipv6) {
    v6_.push_back({first->number, last->number, *number, name, order});
  } else {
    const auto low = static_cast<uint32_t>(first->number);
    v4_.push_back({low, static_cast<uint32_t>(last->number), *number, name, order});
  }
  return true;
}

bool AsTable::add_lines(std::string_view text, const std::string& origin, uint64_t& line) {
  bool any = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.empty()) continue;
    const char* wrong = nullptr;
    if (add_line(one, wrong)) {
      any = true;
    } else {
      complain(origin, line, wrong);
    }
  }
  return any;
}

Result<void> AsTable::add_file(const std::string& path) {
  // Also reads what is not compressed, as it is.
  const Owned<gzFile_s, close_gz> file(gzopen(path.c_str(), "rbe"));
  if (!file) return Error::from_errno("open " + path, errno);
  gzbuffer(file.get(), kChunk);
  std::string text;
  uint64_t line = 0;
  bool any = false;
  while (true) {
    const size_t kept = text.size();  // the beginning of a line
    text.resize(kept + kChunk);
    const int got = gzread(file.get(), text.data() + kept, kChunk);
    if (got < 0) return read_error(path, file.get());
    text.resize(kept + static_cast<size_t>(got));
    if (got == 0) break;
    const size_t end = text.rfind('\n');
    if (end == text.npos) {
      if (text.size() > kLongestLine) return Error::usage(path + ": no table: " + kWanted);
      continue;
    }
    any |= add_lines(std::string_view(text).substr(0, end + 1), path, line);
    text.erase(0, end + 1);
  }
  if (const int status = status_of(file.get()); status != Z_OK) {
    return read_error(path, file.get());
  }
  any |= add_lines(text, path, line);
  if (!any) return Error::usage(path + ": no line is IPtoASN's: " + kWanted);
  return {};
}

void AsTable::finish() {
  flatten(v4_);
  flatten(v6_);
  name_of_.clear();
}

void AsTable::put(Buffer& out, uint32_t number, uint32_t name) const {
  if (number == 0) return;
  out.put("AS");
  out.put_number(number);
  const std::string_view text(names_.data() + name);
  if (text.empty()) return;
  out.put(" (");
  put_escaped(out, text);
  out.put(')');
}

void AsTable::put_ipv4(Buffer& out, const uint8_t* bytes) const {
  if (const auto* range = find(v4_, word_from_bytes(bytes))) put(out, range->number, range->name);
}

void AsTable::put_ipv6(Buffer& out, const uint8_t* bytes) const {
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(bytes, kMapped, sizeof(kMapped)) == 0) return put_ipv4(out, bytes + 12);
  if (const auto* range = find(v6_, from_bytes(bytes))) put(out, range->number, range->name);
}

}  // namespace socketrace
