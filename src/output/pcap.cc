// SPDX-License-Identifier: BSD-2-Clause
#include "output/pcap.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace socketrace {

struct PcapWriter::State {
  Buffer header{64};
  Buffer* out = &header;  // where libpcap's bytes go
  Owned<pcap_t, pcap_close> pcap;
  Owned<pcap_dumper_t, pcap_dump_close> dumper;  // closes its stream, which writes no more
};

PcapWriter::PcapWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
PcapWriter::PcapWriter(PcapWriter&&) noexcept = default;
PcapWriter& PcapWriter::operator=(PcapWriter&&) noexcept = default;
PcapWriter::~PcapWriter() = default;

Result<PcapWriter> PcapWriter::open(int link_type, uint32_t most_bytes) {
  auto state = std::make_unique<State>();
  state->pcap.reset(pcap_open_dead(link_type, static_cast<int>(most_bytes)));
  if (!state->pcap) return Error::from_errno("libpcap", ENOMEM);
  cookie_io_functions_t functions = {};
  functions.write = [](void* cookie, const char* bytes, size_t count) {
    static_cast<State*>(cookie)->out->put(std::string_view(bytes, count));
    return static_cast<ssize_t>(count);
  };
  FILE* stream = fopencookie(state.get(), "w", functions);
  if (stream == nullptr) return Error::from_errno("libpcap", errno);
  setvbuf(stream, nullptr, _IONBF, 0);  // NOLINT(cert-err33-c): slower at worst
  state->dumper.reset(pcap_dump_fopen(state->pcap.get(), stream));
  if (!state->dumper) return Error(std::string("libpcap: ") + pcap_geterr(state->pcap.get()));
  return PcapWriter(std::move(state));
}

void PcapWriter::put_header(Buffer& out) {
  out.put(state_->header.view());  // written when the dumper was opened
}

void PcapWriter::put_packet(Buffer& out, int64_t wall_ns, std::span<const uint8_t> bytes,
                            uint64_t length) {
  constexpr int64_t kSecond = 1'000'000'000;
  constexpr uint64_t kMost = std::numeric_limits<bpf_u_int32>::max();
  pcap_pkthdr header = {};
  header.ts.tv_sec = static_cast<time_t>(wall_ns / kSecond);
  header.ts.tv_usec = static_cast<suseconds_t>(wall_ns % kSecond / 1000);
  header.caplen = static_cast<bpf_u_int32>(bytes.size());
  header.len = static_cast<bpf_u_int32>(std::min(length, kMost));
  state_->out = &out;
  pcap_dump(reinterpret_cast<u_char*>(state_->dumper.get()), &header, bytes.data());
  state_->out = &state_->header;
}

}  // namespace socketrace
