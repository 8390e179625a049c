// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "cli/invocation.h"
#include "tests/bpf/scene.h"

namespace scene {

struct Task {
  uint32_t tgid = 0, uid = 0;
  std::string comm;
};

// Whether a hit on this scene matches, by what the README says of each filter. Shares no code with
// bpf/: the programs are judged by it.
bool expected(const socketrace::Match& match, const Scene& scene, const Task& task);

// What a line names, where it is sockets or packets of IP.
struct Ends {
  uint16_t family = 0, protocol = 0;
  bool has_ports = false;
  std::array<uint16_t, 2> ports{};
  Address local{}, remote{};
  bool operator==(const Ends&) const = default;
};
struct Told {
  Ends ends;
  Ends sock;  // where they differ from these
  uint32_t netns = 0, sock_netns = 0;
  bool operator==(const Told&) const = default;
};
Told expected_line(const Scene& scene);

}  // namespace scene
