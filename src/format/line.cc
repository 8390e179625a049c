// SPDX-License-Identifier: BSD-2-Clause
#include "format/line.h"

#include <cstring>
#include <string_view>

#include "base/escape.h"
#include "format/fields.h"

namespace socketrace {
namespace {

constexpr size_t kCpuWidth = 3;
constexpr size_t kNameWidth = 32;

void put_cell(Buffer& out, std::string_view text, size_t width) {
  const size_t start = out.size();
  out.put(text);
  out.pad_to(start, width);
}

void put_cpu(Buffer& out, uint32_t cpu) {
  const size_t start = out.size();
  out.put_number(cpu);
  out.pad_to(start, kCpuWidth);
  out.put(' ');
}

// "926(sshd)"; comm is any bytes up to a NUL, which the kernel puts there but we do not trust.
void put_process(Buffer& out, const st_event& event) {
  const size_t start = out.size();
  out.put_number(event.tgid);
  out.put('(');
  put_escaped(out, {event.comm, strnlen(event.comm, ST_COMM_LEN)});
  out.put(')');
  out.pad_to(start, kNameWidth);
  out.put(' ');
}

}  // namespace

LineFormat::LineFormat(const View& view, const std::vector<Target>& targets,
                       const SymbolTable* symbols, WallClock clock)
    : view_(view), targets_(targets), time_(view.timestamp, clock), functions_(targets, symbols) {
  if (view_.stack) frames_.emplace(symbols);
}

void LineFormat::put_header(Buffer& out) const {
  time_.put_header(out);
  put_cell(out, "CPU", kCpuWidth);
  out.put(' ');
  put_cell(out, "PROCESS", kNameWidth);
  out.put(' ');
  put_cell(out, "FUNC", kNameWidth);
  out.put('\n');
}

void LineFormat::put_hit(Buffer& out, const Hit& hit) {
  const st_event& event = *hit.event;
  time_.put(out, event.time_ns);
  put_cpu(out, event.cpu);
  put_process(out, event);
  functions_.put_column(out, event.func, event.ip);
  put_meta(out, hit);
  if (view_.sock_common) put_sock_common(out, hit);
  if (view_.sock_info) put_sock_info(out, hit);
  if (view_.socket_info) put_socket_info(out, hit);
  if (frames_) put_stack(out, hit);
  out.put('\n');
}

void LineFormat::put_stack(Buffer& out, const Hit& hit) {
  uint32_t func = hit.event->func;
  if (func == ST_FUNC_UNKNOWN) func = functions_.target_at(hit.event->ip);
  frames_->put(out, hit.frames, func < targets_.size() ? &targets_[func] : nullptr);
}

}  // namespace socketrace
