// SPDX-License-Identifier: BSD-2-Clause
// A BTF file of any bytes (--btf FILE): refused, or targets that the attach stage can rely on.
#include <linux/btf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>

#include "property.h"
#include "select/pick.h"
#include "select/types.h"

using namespace socketrace;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

bool is_name(std::string_view name) {
  return !name.empty() && is_printable(name) && name.find_first_of(" \\/[]") == name.npos;
}

void check(const Targets& picked, uint32_t types) {
  const auto order = [](const Target& a, const Target& b) {
    return std::tie(a.name, a.module) < std::tie(b.name, b.module);
  };
  MUST(std::is_sorted(picked.targets.begin(), picked.targets.end(), order));
  std::set<uint32_t> met;
  for (const Target& target : picked.targets) {
    MUST(is_name(target.name) && is_name(target.type_name) && target.module.empty());
    MUST(target.kind < ST_KIND_COUNT);
    MUST(target.arg >= 1 && target.arg <= ST_MAX_ARG);
    MUST(target.btf_id > 0 && target.btf_id < types && met.insert(target.btf_id).second);
  }
  for (const Skipped& skipped : picked.skipped) {
    MUST(is_name(skipped.name) && is_printable(skipped.reason) && !skipped.reason.empty());
  }
}

// One header that says what the bytes behind it are: else every other input ends at the header.
void repair(uint8_t* data, size_t size, unsigned seed) {
  btf_header header{};
  std::memcpy(&header, data, sizeof(header));
  const auto body = static_cast<uint32_t>(size - sizeof(header));
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.flags = 0;
  header.hdr_len = sizeof(header);
  header.type_off = 0;
  uint32_t types = std::min(header.type_len, body);
  if (types == body || seed % 8 == 0) types = body * (seed / 8 % 16) / 16;
  header.type_len = types & ~3U;
  header.str_off = header.type_len;
  header.str_len = body - header.str_off;
  std::memcpy(data, &header, sizeof(header));
  if (header.str_len == 0) return;
  data[sizeof(header) + header.str_off] = 0;
  data[size - 1] = 0;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (seed % 4 != 0 && size > sizeof(btf_header)) repair(data, size, seed / 4);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of just this size: what is read behind it is seen.
  const std::unique_ptr<char[]> bytes(new char[size]);
  std::memcpy(bytes.get(), data, size);
  auto parsed = parse_btf({bytes.get(), size});
  if (!parsed) {
    MUST(is_printable(parsed.error().text()));
    return 0;
  }
  Types types;
  types.origin = "fuzz";
  types.kernel = std::move(parsed).value();
  const uint32_t count = btf__type_cnt(types.kernel.get());
  has_struct(types, "bpf_kprobe_multi_link");

  Selection selection;
  for (const char* pattern : {"", ".*", "tcp_sendmsg|udp_sendmsg|no_such"}) {
    selection.include_pattern = pattern;
    const auto picked = pick_by_type(types, selection);
    if (picked) check(*picked, count);
  }
  selection.kinds = {.sock = false, .socket = true, .sk_buff = true, .given = true};
  const auto picked = pick_by_type(types, selection);
  if (!picked) return 0;
  check(*picked, count);
  for (const Target& target : picked->targets) MUST(target.kind != ST_KIND_SOCK);
  return 0;
}
