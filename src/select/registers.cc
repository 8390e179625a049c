// SPDX-License-Identifier: BSD-2-Clause
#include "select/registers.h"

#include <linux/btf.h>

#include <algorithm>

namespace socketrace {
namespace {

constexpr int kMostSteps = 32;      // of a chain of modifiers; the kernel's own limit
constexpr int kMostMembers = 1000;  // looked at for one aggregate; hostile ones nest without end

struct Shape {
  uint32_t size = 0;
  uint32_t alignment = 1;
  bool has_float = false;
  bool unaligned = false;  // a member of a packed struct is off its natural alignment
};

std::optional<Shape> shape_of(const btf* btf, uint32_t type_id, int& budget);

std::optional<Shape> shape_of_members(const btf* btf, const btf_type* type, int& budget) {
  Shape shape{.size = type->size};
  const btf_member* members = btf_members(type);
  for (unsigned i = 0; i < btf_vlen(type); ++i) {
    const auto member = shape_of(btf, members[i].type, budget);
    if (!member) return std::nullopt;
    shape.alignment = std::max(shape.alignment, member->alignment);
    shape.has_float |= member->has_float;
    const bool bitfield = btf_member_bitfield_size(type, i) != 0;
    const uint32_t offset = btf_member_bit_offset(type, i);
    if (!bitfield && offset % (member->alignment * 8) != 0) shape.unaligned = true;
    shape.unaligned |= member->unaligned;
  }
  return shape;
}

std::optional<Shape> shape_of(const btf* btf, uint32_t type_id, int& budget) {
  if (--budget < 0) return std::nullopt;
  const btf_type* type = skip_modifiers(btf, type_id);
  if (type == nullptr) return std::nullopt;
  switch (btf_kind(type)) {
    case BTF_KIND_PTR:
      return Shape{.size = 8, .alignment = 8};
    case BTF_KIND_INT:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_FLOAT: {
      const uint32_t size = type->size;
      if (size == 0 || size > 16 || (size & (size - 1)) != 0) return std::nullopt;
      return Shape{.size = size, .alignment = size, .has_float = btf_kind(type) == BTF_KIND_FLOAT};
    }
    case BTF_KIND_ARRAY: {
      auto element = shape_of(btf, btf_array(type)->type, budget);
      if (element) element->size = 0;  // the struct around it has the size that counts
      return element;
    }
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return shape_of_members(btf, type, budget);
    default:
      return std::nullopt;
  }
}

}  // namespace

const btf_type* skip_modifiers(const btf* btf, uint32_t& type_id, bool* is_const) {
  for (int step = 0; step < kMostSteps; ++step) {
    if (type_id == 0) return nullptr;
    const btf_type* type = btf__type_by_id(btf, type_id);
    if (type == nullptr) return nullptr;
    switch (btf_kind(type)) {
      case BTF_KIND_CONST:
        if (is_const != nullptr) *is_const = true;
        break;
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_TYPE_TAG:
        break;
      default:
        return type;
    }
    type_id = type->type;
  }
  return nullptr;
}

RegisterWalk::RegisterWalk(const btf* btf, Machine machine, uint32_t return_type)
    : btf_(btf), machine_(machine) {
  // arm64 has a register of its own (x8) for the address of a large return value.
  if (return_type == 0 || machine == Machine::arm64) return;
  const btf_type* type = skip_modifiers(btf, return_type);
  if (type == nullptr || !btf_is_composite(type)) return;
  if (machine == Machine::other) {
    lost_ = true;
    return;
  }
  if (type->size > 16) {
    used_ = 1;
    return;
  }
  int budget = kMostMembers;
  const auto shape = shape_of(btf, return_type, budget);
  if (!shape) lost_ = true;
  if (shape && shape->unaligned) used_ = 1;
}

Place RegisterWalk::lost() {
  lost_ = true;
  return {};
}

Place RegisterWalk::take(unsigned registers, unsigned alignment) {
  const unsigned all = machine_ == Machine::x86_64 ? 6 : 8;
  const unsigned first = (used_ + alignment - 1) / alignment * alignment;
  if (first + registers <= all) {
    used_ = first + registers;
    return {.where = Place::Where::in_register, .number = first + 1};
  }
  // x86-64 gives registers that are left to a later, smaller one; arm64 does not.
  if (machine_ != Machine::x86_64) used_ = all;
  return {.where = Place::Where::on_stack};
}

Place RegisterWalk::next(uint32_t type_id) {
  if (lost_) return {};
  const btf_type* type = skip_modifiers(btf_, type_id);
  if (type == nullptr) return lost();
  switch (btf_kind(type)) {
    case BTF_KIND_PTR:
      return take(1);
    case BTF_KIND_INT:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      if (type->size >= 1 && type->size <= 8) return take(1);
      if (type->size != 16 || machine_ == Machine::other) return lost();  // __int128
      return take(2, machine_ == Machine::arm64 ? 2 : 1);
    case BTF_KIND_FLOAT:  // in vector registers
      if (machine_ == Machine::other) return lost();
      return {.where = Place::Where::on_stack};
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return next_aggregate(type_id, type->size);
    default:
      return lost();
  }
}

Place RegisterWalk::next_aggregate(uint32_t type_id, uint32_t size) {
  if (machine_ == Machine::other) return lost();
  if (size == 0) return {.where = Place::Where::on_stack};  // GNU C: takes no place at all
  const bool x86 = machine_ == Machine::x86_64;
  if (x86 && size > 16) return {.where = Place::Where::on_stack};
  // arm64 passes up to four floats in vector registers, anything else above 16 bytes by address.
  if (!x86 && size > 64) return take(1);
  int budget = kMostMembers;
  const auto shape = shape_of(btf_, type_id, budget);
  if (!shape || shape->has_float) return lost();
  if (x86 && shape->unaligned) return {.where = Place::Where::on_stack};
  if (size > 16) return take(1);
  return take((size + 7) / 8, !x86 && shape->alignment == 16 ? 2 : 1);
}

}  // namespace socketrace
