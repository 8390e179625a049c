// SPDX-License-Identifier: BSD-2-Clause
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/btf.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "select/types.h"

namespace socketrace {
namespace {

// libbpf (seen in 1.1) compares the sections with the file size less the header it knows, but
// places them after hdr_len: a large hdr_len made it read past the end. So the header is checked
// here; type records and string offsets libbpf does check.
Result<void> check_header(std::span<const char> bytes) {
  btf_header header{};
  if (bytes.size() < sizeof(header)) return Error("too short for BTF");
  std::memcpy(&header, bytes.data(), sizeof(header));
  constexpr uint16_t kSwapped = (BTF_MAGIC & 0xff) << 8 | BTF_MAGIC >> 8;
  if (header.magic == kSwapped) return Error("BTF of a machine with the other byte order");
  if (header.magic != BTF_MAGIC) {
    const bool elf = std::memcmp(bytes.data(), "\177ELF", 4) == 0;
    return Error(elf ? "an ELF file, raw BTF is wanted: objcopy -O binary --only-section=.BTF "
                       "--set-section-flags .BTF=alloc VMLINUX FILE"
                     : "not BTF (wrong magic number)");
  }
  if (header.version != BTF_VERSION) return Error("BTF of an unknown version");
  // 64-bit sums of 32-bit numbers cannot wrap. Newer headers may be longer, never shorter.
  const uint64_t body = header.hdr_len;
  const uint64_t types_end = body + header.type_off + header.type_len;
  const uint64_t strings_end = body + header.str_off + header.str_len;
  if (header.hdr_len < sizeof(header) || header.hdr_len % 4 != 0 || types_end > bytes.size() ||
      strings_end > bytes.size()) {
    return Error("damaged BTF: its sections reach beyond the file");
  }
  return {};
}

// libbpf tells about damaged BTF on stderr; what there is to tell is in our error.
class QuietLibbpf {
 public:
  QuietLibbpf() : before_(libbpf_set_print(nullptr)) {}
  QuietLibbpf(const QuietLibbpf&) = delete;
  QuietLibbpf& operator=(const QuietLibbpf&) = delete;
  ~QuietLibbpf() { libbpf_set_print(before_); }

 private:
  libbpf_print_fn_t before_;
};

}  // namespace

Result<BtfPtr> parse_btf(std::span<const char> bytes) {
  TRY(check_header(bytes));
  const QuietLibbpf quiet;
  BtfPtr parsed(btf__new(bytes.data(), static_cast<uint32_t>(bytes.size())));
  if (parsed) return parsed;
  const int why = errno;
  return Error::from_errno("damaged BTF, or of a kind that this libbpf does not know", why);
}

Result<BtfPtr> parse_module_btf(const std::string& path, btf* kernel) {
  const QuietLibbpf quiet;
  BtfPtr parsed(btf__parse_raw_split(path.c_str(), kernel));
  if (parsed) return parsed;
  const int why = errno;
  return Error::from_errno(path, why);
}

}  // namespace socketrace
