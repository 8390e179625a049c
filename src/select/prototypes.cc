// SPDX-License-Identifier: BSD-2-Clause
#include "select/prototypes.h"

#include <linux/btf.h>

#include <algorithm>

namespace socketrace {
namespace {

constexpr int kNoKind = -1;
constexpr int kDeepestEmbedding = 32;

// tcp6_sock > tcp_sock > inet_connection_sock > inet_sock > sock > sock_common: whatever starts
// with one of these has the same address. sock_common alone: request_sock, inet_timewait_sock.
int kind_by_name(std::string_view name) {
  if (name == "sock" || name == "sock_common") return ST_KIND_SOCK;
  if (name == "socket") return ST_KIND_SOCKET;
  if (name == "sk_buff") return ST_KIND_SK_BUFF;
  return kNoKind;
}

}  // namespace

void Prototypes::look_at(const btf* btf, uint32_t shared) {
  btf_ = btf;
  const size_t count = btf__type_cnt(btf);
  for (const size_t size : {size_t{shared}, count}) {
    struct_kinds_.resize(size);
    proto_carriers_.resize(size);
  }
}

const Carriers* Prototypes::carriers(uint32_t proto_id) {
  if (proto_id >= proto_carriers_.size()) return nullptr;
  uint32_t& known = proto_carriers_[proto_id];
  if (known == 0) {
    known = 1;
    const btf_type* proto = btf__type_by_id(btf_, proto_id);
    if (proto == nullptr || !btf_is_func_proto(proto)) return nullptr;
    const Carriers found = classify(proto);
    const auto there = [](const Carrier& c) { return c.where != Carrier::Where::nowhere; };
    if (std::any_of(found.begin(), found.end(), there)) {
      carriers_.push_back(found);
      known = static_cast<uint32_t>(carriers_.size()) + 1;
    }
  }
  return known == 1 ? nullptr : &carriers_[known - 2];
}

Carriers Prototypes::classify(const btf_type* proto) {
  Carriers found;
  RegisterWalk walk(btf_, machine_, proto->type);
  const btf_param* params = btf_params(proto);
  for (uint32_t i = 0; i < btf_vlen(proto); ++i) {
    if (params[i].type == 0) break;  // "..."
    const Place place = walk.next(params[i].type);
    uint32_t type_id = params[i].type;
    const btf_type* type = skip_modifiers(btf_, type_id);
    if (type == nullptr || !btf_is_ptr(type)) continue;
    Carrier carrier{.struct_id = type->type, .position = i + 1};
    type = skip_modifiers(btf_, carrier.struct_id, &carrier.is_const);
    if (type == nullptr) continue;
    const int kind = kind_of_struct(carrier.struct_id);
    if (kind == kNoKind || found[kind].where != Carrier::Where::nowhere) continue;
    if (place.where == Place::Where::unknown) {
      carrier.where = Carrier::Where::unknown;
    } else if (place.where == Place::Where::on_stack || place.number > ST_MAX_ARG) {
      carrier.where = Carrier::Where::beyond;
    } else {
      carrier.where = Carrier::Where::in_register;
      carrier.arg = static_cast<uint8_t>(place.number);
    }
    found[kind] = carrier;
  }
  return found;
}

int Prototypes::kind_of_struct(uint32_t type_id) {
  uint8_t& known = struct_kinds_[type_id];
  if (known == 0) known = static_cast<uint8_t>(judge_struct(type_id) + 2);
  return known - 2;
}

// By name, once for each id: a module may have its own copy of a struct, or only a declaration.
int Prototypes::judge_struct(uint32_t type_id) const {
  for (int depth = 0; depth < kDeepestEmbedding; ++depth) {
    const btf_type* type = skip_modifiers(btf_, type_id);
    if (type == nullptr) return kNoKind;
    const bool declared = btf_is_fwd(type) && !btf_kflag(type);  // kflag: a union
    if (!declared && !btf_is_struct(type)) return kNoKind;
    const char* name = btf__name_by_offset(btf_, type->name_off);
    const int kind = name == nullptr ? kNoKind : kind_by_name(name);
    if (kind != kNoKind || declared || btf_vlen(type) == 0) return kind;
    if (btf_member_bit_offset(type, 0) != 0) return kNoKind;
    type_id = btf_members(type)[0].type;
  }
  return kNoKind;
}

}  // namespace socketrace
