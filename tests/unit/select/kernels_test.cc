// SPDX-License-Identifier: BSD-2-Clause
// Selection on the BTF of four real kernels: exact sets, kinds and registers. See
// tests/data/btf/README for where the files come from and how the golden lists are written anew.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "select/pick.h"

using namespace socketrace;

namespace {

constexpr const char* kKernels[] = {"5.10", "6.1", "6.12", "7.2"};
constexpr const char* kKinds[] = {"sock", "socket", "sk_buff"};

std::string data(const std::string& name) {
  return SOCKETRACE_TEST_DATA "/btf/" + name;
}

Targets pick(const std::string& kernel, const std::string& include_pattern) {
  Selection selection;
  selection.btf_path = data(kernel + ".btf");
  selection.include_pattern = include_pattern;
  const auto types = load_types(selection);
  REQUIRE_MESSAGE(types, "load_types failed");
  auto picked = pick_by_type(**types, selection);
  REQUIRE_MESSAGE(picked, "pick_by_type failed");
  return std::move(picked).value();
}

std::string list_of(const Targets& picked) {
  std::string text;
  for (const Target& target : picked.targets) {
    text += target.name + " " + kKinds[target.kind] + " " + std::to_string(target.arg) +
            (target.is_const ? " const " : " ") + target.type_name + "\n";
  }
  for (const Skipped& skipped : picked.skipped) {
    text += skipped.name + " skipped: " + skipped.reason + "\n";
  }
  return text;
}

// The extracts are little-endian, as the kernels they come from.
bool readable_here() {
  return std::endian::native == std::endian::little;
}

}  // namespace

TEST_CASE("kernel lists: every function, kind, register and type is as committed") {
  if (!readable_here()) return;
  for (const std::string kernel : kKernels) {
    CAPTURE(kernel);
    const std::string list = list_of(pick(kernel, ".*"));
    const std::string golden_path = data(kernel + ".targets");
    if (std::getenv("SOCKETRACE_WRITE_GOLDEN") != nullptr) std::ofstream(golden_path) << list;
    std::ifstream golden(golden_path);
    std::istringstream lines(list);
    std::string line, expected;
    size_t number = 0;
    while (std::getline(golden, expected)) {
      ++number;
      CAPTURE(number);
      REQUIRE(std::getline(lines, line));
      REQUIRE(line == expected);
    }
    CHECK(number > 2000);
    CHECK_FALSE(std::getline(lines, line));
  }
}

TEST_CASE("kernel counts: targets of each kind without the glue") {
  if (!readable_here()) return;
  constexpr std::array<std::array<long, 3>, 4> kCounts = {
      {{966, 187, 1074}, {1266, 195, 1183}, {1332, 204, 1290}, {1404, 217, 1340}}};
  for (size_t i = 0; i < kCounts.size(); ++i) {
    CAPTURE(kKernels[i]);
    const Targets picked = pick(kKernels[i], "");
    for (const st_kind kind : {ST_KIND_SOCK, ST_KIND_SOCKET, ST_KIND_SK_BUFF}) {
      CAPTURE(kind);
      CHECK(std::count_if(picked.targets.begin(), picked.targets.end(),
                          [&](const Target& t) { return t.kind == kind; }) == kCounts[i][kind]);
    }
  }
}

TEST_CASE("kernel positions that the original gets wrong") {
  if (!readable_here()) return;
  for (const std::string kernel : kKernels) {
    CAPTURE(kernel);
    const Targets picked =
        pick(kernel,
             "inet_child_forget|inet_csk_reqsk_queue_add|netlink_attachskb|bpf_run_sk_reuseport");
    std::string found;
    for (const Target& target : picked.targets) {
      found += target.name + " " + kKinds[target.kind] + " " + std::to_string(target.arg) + "\n";
    }
    CHECK(found ==
          "bpf_run_sk_reuseport sock 2\n"
          "inet_child_forget sock 1\n"
          "inet_csk_reqsk_queue_add sock 1\n"
          "netlink_attachskb sock 1\n");
  }
}
