// SPDX-License-Identifier: BSD-2-Clause
// Programs that say themselves, in their section's name, where they belong: tracepoints, and what
// else libbpf attaches by name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/host.h"

struct bpf_link;
struct bpf_object;

namespace socketrace {

class Tracepoints {
 public:
  // Attaches every program of the loaded object that was loaded (autoload). All or nothing: an
  // error names the tracepoint that this kernel lacks. The programs must be inert until this
  // returns.
  static Result<Tracepoints> attach(bpf_object* object);

  size_t attached() const { return links_.size(); }
  // Hits that the kernel skipped because the program, or for perf tracepoints any other one, was
  // running on that CPU; nullopt: this kernel does not tell. Still there after detach().
  std::optional<uint64_t> missed() const;
  void detach();

 private:
  struct Program {
    int fd;    // borrowed from the object
    bool raw;  // runs under no lock that another program could hold
  };

  struct Destroy {
    void operator()(bpf_link* link) const;
  };

  std::vector<std::unique_ptr<bpf_link, Destroy>> links_;
  std::vector<Program> programs_;
  Host host_;
  std::optional<std::optional<uint64_t>> missed_at_end_;
};

// Is there a tracepoint of that name (without its group: "sock_send_length")? Told by the kernel's
// BTF, so before anything is loaded. Modules are not looked at.
Result<bool> has_tracepoint(const std::string& name);
// And a function of that name, for fentry and fexit?
Result<bool> has_function(const std::string& name);

}  // namespace socketrace
