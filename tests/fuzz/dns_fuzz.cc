// SPDX-License-Identifier: BSD-2-Clause
// What a program received from port 53, as any bytes: a name with addresses or nothing, found again
// under that name, and printable once escaped.
//   input: 1 byte of options, then the message
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/escape.h"
#include "events/host_names.h"
#include "property.h"

using namespace socketrace;

namespace {

// RFC 1035: 255 bytes with a length for each label and the empty one at the end.
constexpr size_t kLongestText = 253;
constexpr uint32_t kProcess = 7;

// From memory that ends where the message does, so that the sanitizer sees every read behind it.
DnsVerdict parse(const uint8_t* data, size_t size, bool cut, DnsAnswer& answer) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[std::max(size, size_t{1})]);
  if (size != 0) std::memcpy(exact.get(), data, size);
  const DnsVerdict verdict = parse_dns({exact.get(), size}, cut, answer);
  MUST((verdict == DnsVerdict::answer) == !answer.addresses.empty());
  MUST((verdict == DnsVerdict::answer) == !answer.name.empty());
  MUST(answer.name.size() <= kLongestText);
  MUST(!answer.name.starts_with('.') && !answer.name.ends_with('.'));
  MUST(std::none_of(answer.name.begin(), answer.name.end(),
                    [](char c) { return c >= 'A' && c <= 'Z'; }));
  return verdict;
}

void check_cut(const uint8_t* data, size_t size) {
  DnsAnswer whole;
  DnsAnswer beginning;
  if (parse(data, size, false, whole) != DnsVerdict::answer) return;
  MUST(parse(data, size, true, beginning) == DnsVerdict::answer);
  MUST(beginning.addresses == whole.addresses);
  // A beginning teaches nothing that the whole does not.
  parse(data, size / 2, true, beginning);
  MUST(beginning.name.empty() || beginning.name == whole.name);
  for (const InternetAddress& address : beginning.addresses) {
    MUST(std::find(whole.addresses.begin(), whole.addresses.end(), address) !=
         whole.addresses.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const bool cut = (data[0] & 1) != 0;
  const bool stream = (data[0] & 2) != 0;
  data += 1;
  size -= 1;
  check_cut(data, size);

  const auto told = std::make_unique<st_answer>();
  told->event.func = ST_CONNECT_ANSWER;
  told->event.length = sizeof(st_answer);
  told->process = kProcess;
  told->flags = stream ? ST_ANSWER_STREAM : 0;
  told->taken = static_cast<uint32_t>(std::min<size_t>(size, ST_ANSWER_LEN));
  told->whole = static_cast<uint32_t>(size) + (cut ? 1 : 0);
  if (told->taken != 0) std::memcpy(told->bytes, data, told->taken);
  ReceivedAnswer received;
  MUST(decode_answer(std::as_bytes(std::span(told.get(), 1)), received));
  HostNames names(8);
  names.learn(received);

  DnsAnswer answer;
  const bool whole = received.bytes.size() == size && !cut && !stream;
  if (!whole || parse(data, size, false, answer) != DnsVerdict::answer) return 0;
  MUST(names.not_understood() == 0);
  st_connect connect = {};
  const uint16_t family = 10;  // AF_INET6
  connect.process = kProcess;
  connect.address_taken = 28;
  std::memcpy(connect.address, &family, sizeof(family));
  std::memcpy(connect.address + 8, answer.addresses.back().data(), 16);
  Attempt attempt;
  attempt.told = &connect;
  names.name(attempt);
  MUST(attempt.host == answer.name && !attempt.host_is_foreign);
  Buffer out(16);
  put_escaped(out, attempt.host, Spaces::escape);
  MUST(is_printable(out.view()) && !out.view().empty());
  return 0;
}
