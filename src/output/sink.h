// SPDX-License-Identifier: BSD-2-Clause
// Where lines go: stdout or a file, written in batches.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/result.h"
#include "output/write_all.h"

namespace socketrace {

class Sink {
 public:
  // stdout (empty path), or a file, created or truncated now, before anything is attached.
  // A closed stdout is an error: its number could be reused by a file of ours. `stop` is the
  // counter of events/stop.h: from 2 on, a reader that sleeps is not waited for.
  static Result<Sink> open(const std::string& path, const std::atomic<int>* stop = nullptr,
                           const WriteCalls& calls = kSystemWriteCalls);

  // Append whole hits here, then call line_done(); after a header call flush().
  Buffer& buffer() { return buffer_; }

  // One hit is complete. Writes when 64 KiB are full or the output is a terminal. Ends are values:
  // see closed().
  Result<void> line_done() {
    ++waiting_lines_;
    if (packets_) hit_ends_.push_back(buffer_.size());
    if (buffer_.size() < kBatch && !at_once_) [[likely]]
      return {};
    return flush();
  }
  // Writes all that is waiting (the ring ran dry, 100 ms passed, the end).
  Result<void> flush();
  // flush(), then close(2), where network file systems and quotas report what writes left open.
  Result<void> finish();

  // The reader went away (EPIPE, or EIO on a terminal that hung up), or was not waited for: a
  // normal end, quiet. What is put after it goes nowhere.
  bool closed() const { return closed_; }
  bool terminal() const { return terminal_; }
  // Every hit is written at once, as on a terminal.
  void flush_every_line(bool wanted) { at_once_ = wanted || terminal_; }
  // Hits are bytes of any kind, where newlines tell nothing.
  void hits_are_packets() { packets_ = true; }
  // Hits that were written whole.
  uint64_t lines_written() const { return lines_written_; }

 private:
  // Measured: 4 KiB 48/184/205 ns a line to null/file/pipe, 64 KiB 43/104/78, 256 KiB no better.
  static constexpr size_t kBatch = 65536;

  Sink(Fd fd, std::string name, const std::atomic<int>* stop, const WriteCalls& calls);
  void clear();
  void account(size_t written);
  void drop_torn_hit(size_t torn) const;
  bool is_normal_end(const Written& written) const;

  Fd fd_;
  std::string name_;
  const std::atomic<int>* stop_;
  const WriteCalls* calls_;
  bool terminal_ = false;
  bool at_once_ = false;
  bool packets_ = false;
  bool closed_ = false;
  bool failed_ = false;
  uint64_t waiting_lines_ = 0;    // hits in the buffer
  std::vector<size_t> hit_ends_;  // of packets
  uint64_t lines_written_ = 0;
  Buffer buffer_;
};

}  // namespace socketrace
