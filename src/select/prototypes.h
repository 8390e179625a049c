// SPDX-License-Identifier: BSD-2-Clause
// Which prototypes carry a pointer to a socket, and where. Each one is looked at once: a kernel
// has half as many prototypes as functions.
#pragma once

#include <bpf/btf.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bpf/contract/event.h"
#include "select/registers.h"

namespace socketrace {

// The first parameter of one prototype that points to one kind.
struct Carrier {
  enum class Where : uint8_t { nowhere, in_register, beyond, unknown };
  Where where = Where::nowhere;
  uint8_t arg = 0;        // in_register: 1..ST_MAX_ARG
  bool is_const = false;  // pointer to const
  uint32_t struct_id = 0;
  uint32_t position = 0;  // of the parameter, from 1
};
using Carriers = std::array<Carrier, ST_KIND_COUNT>;

class Prototypes {
 public:
  explicit Prototypes(Machine machine = kThisMachine) : machine_(machine) {}

  // From now on ids are of this BTF. What was learnt about ids below `shared` stays: those of the
  // kernel's BTF, when `btf` is a module's one and continues it.
  void look_at(const btf* btf, uint32_t shared);

  // nullptr: no parameter points to any kind, or it is no prototype.
  const Carriers* carriers(uint32_t proto_id);

 private:
  Carriers classify(const btf_type* proto);
  int kind_of_struct(uint32_t type_id);
  int judge_struct(uint32_t type_id) const;

  const Machine machine_;
  const btf* btf_ = nullptr;
  std::vector<uint8_t> struct_kinds_;     // by type id: 0 not looked at yet, else kind + 2, 1 none
  std::vector<uint32_t> proto_carriers_;  // by type id: 0 not looked at yet, else index + 2, 1 none
  std::vector<Carriers> carriers_;
};

}  // namespace socketrace
