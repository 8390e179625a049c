// SPDX-License-Identifier: BSD-2-Clause
// Which register carries a parameter. A pointer's position is not its register when something
// before it takes two registers or none, or when the return value is passed through memory.
// The one place of the sources that knows about calling conventions.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <optional>

namespace socketrace {

enum class Machine {
  x86_64,  // System V psABI, 3.2.3
  arm64,   // AAPCS64, 6.8.2
  other,   // scalars take one register each; anything else: unknown
};

#if defined(__x86_64__)
inline constexpr Machine kThisMachine = Machine::x86_64;
#elif defined(__aarch64__)
inline constexpr Machine kThisMachine = Machine::arm64;
#else
inline constexpr Machine kThisMachine = Machine::other;
#endif

// Follows CONST, VOLATILE, RESTRICT, TYPEDEF and TYPE_TAG; nullptr for void, for a type that is
// not there and for a chain without end. `is_const`, if given, becomes true on the way.
const btf_type* skip_modifiers(const btf* btf, uint32_t& type_id, bool* is_const = nullptr);

struct Place {
  enum class Where { in_register, on_stack, unknown };
  Where where = Where::unknown;
  unsigned number = 0;  // of the (first) integer register, from 1
};

// Walks the parameters of one prototype from left to right.
class RegisterWalk {
 public:
  RegisterWalk(const btf* btf, Machine machine, uint32_t return_type);
  Place next(uint32_t type_id);

 private:
  Place take(unsigned registers, unsigned alignment = 1);
  Place next_aggregate(uint32_t type_id, uint32_t size);
  Place lost();

  const btf* btf_;
  Machine machine_;
  unsigned used_ = 0;
  bool lost_ = false;  // once unknown, all that follow are
};

}  // namespace socketrace
