// SPDX-License-Identifier: BSD-2-Clause
// btf-extract VMLINUX OUT: the part of a kernel's BTF that selection is about, small enough to
// commit. Kept are the functions with a parameter that leads, through any pointers, to a struct
// with "sock" or "sk_buff" in its name or in that of what it begins with: more than selection
// picks. Other pointers become void *, scalars keep their size only, structs behind pointers their
// first member only. See tests/data/btf/README.
#include <bpf/btf.h>
#include <linux/btf.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/fd.h"

namespace {

using socketrace::Owned;
using BtfPtr = Owned<btf, btf__free>;

class Extract {
 public:
  explicit Extract(const btf* from) : from_(from), to_(btf__new_empty()) {}

  void run() {
    for (uint32_t id = 1; id < btf__type_cnt(from_); ++id) {
      const btf_type* func = btf__type_by_id(from_, id);
      if (!btf_is_func(func)) continue;
      const btf_type* proto = btf__type_by_id(from_, func->type);
      bool wanted = false;
      for (unsigned i = 0; i < btf_vlen(proto); ++i) {
        wanted |= leads_to_socket(btf_params(proto)[i].type);
      }
      if (!wanted) continue;
      const int made = emit_proto(proto);
      btf__add_func(to_.get(), name(func), BTF_FUNC_STATIC, made);
      ++functions_;
    }
  }

  bool write(const char* path) const {
    uint32_t size = 0;
    const void* bytes = btf__raw_data(to_.get(), &size);
    const Owned<std::FILE, std::fclose> file(std::fopen(path, "wb"));
    if (bytes == nullptr || !file || std::fwrite(bytes, 1, size, file.get()) != size) return false;
    std::printf("%s: %u functions, %u bytes\n", path, functions_, size);
    return std::fflush(file.get()) == 0;
  }

 private:
  const char* name(const btf_type* type) const {
    return btf__name_by_offset(from_, type->name_off);
  }

  static bool is_modifier(const btf_type* type) {
    return btf_is_mod(type) || btf_is_typedef(type) || btf_kind(type) == BTF_KIND_TYPE_TAG;
  }

  bool leads_to_socket(uint32_t id) const {
    while (id != 0) {
      const btf_type* type = btf__type_by_id(from_, id);
      if (is_modifier(type) || btf_is_ptr(type)) {
        id = type->type;
      } else if (btf_is_struct(type) || btf_is_fwd(type)) {
        const std::string text = name(type);
        if (text.find("sock") != std::string::npos || text.find("sk_buff") != std::string::npos) {
          return !text.starts_with("sockaddr");
        }
        if (btf_is_fwd(type) || btf_vlen(type) == 0) return false;
        id = btf_members(type)[0].type;
        if (btf_is_ptr(btf__type_by_id(from_, id))) return false;
      } else {
        return false;
      }
    }
    return false;
  }

  bool begins_with_struct(const btf_type* type) const {
    if (btf_vlen(type) == 0) return false;
    const btf_type* first = btf__type_by_id(from_, btf_members(type)[0].type);
    while (is_modifier(first)) first = btf__type_by_id(from_, first->type);
    return btf_is_struct(first);
  }

  int scalar(const char* kind, uint32_t size) {
    const std::string text = kind + std::to_string(size);
    int& made = scalars_[text];
    if (made == 0) {
      made = text[0] == 'f' ? btf__add_float(to_.get(), text.c_str(), size)
                            : btf__add_int(to_.get(), text.c_str(), size, 0);
    }
    return made;
  }

  int emit_proto(const btf_type* proto) {
    std::vector<int> shape = {emit(proto->type, true)};
    for (unsigned i = 0; i < btf_vlen(proto); ++i) {
      shape.push_back(emit(btf_params(proto)[i].type, true));
    }
    int& made = protos_[shape];
    if (made == 0) {
      made = btf__add_func_proto(to_.get(), shape[0]);
      for (size_t i = 1; i < shape.size(); ++i) btf__add_func_param(to_.get(), "", shape[i]);
    }
    return made;
  }

  // `whole`: passed by value, so that every member counts.
  int emit(uint32_t id, bool whole) {
    if (id == 0) return 0;
    int& known = made_[{id, whole}];
    if (known != 0) return known;
    const btf_type* type = btf__type_by_id(from_, id);
    btf* to = to_.get();
    switch (btf_kind(type)) {
      case BTF_KIND_INT:
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return known = scalar("int", type->size);
      case BTF_KIND_FLOAT:
        return known = scalar("float", type->size);
      case BTF_KIND_PTR: {
        const int target = leads_to_socket(type->type) ? emit(type->type, false) : 0;
        int& pointer = pointers_[target];
        if (pointer == 0) pointer = btf__add_ptr(to, target);
        return made_[{id, whole}] = pointer;
      }
      case BTF_KIND_CONST: {
        const int target = emit(type->type, whole);
        return made_[{id, whole}] = btf__add_const(to, target);
      }
      case BTF_KIND_VOLATILE: {
        const int target = emit(type->type, whole);
        return made_[{id, whole}] = btf__add_volatile(to, target);
      }
      case BTF_KIND_RESTRICT: {
        const int target = emit(type->type, whole);
        return made_[{id, whole}] = btf__add_restrict(to, target);
      }
      case BTF_KIND_TYPEDEF: {
        const int target = emit(type->type, whole);
        return made_[{id, whole}] = btf__add_typedef(to, name(type), target);
      }
      case BTF_KIND_TYPE_TAG: {
        const int target = emit(type->type, whole);
        return made_[{id, whole}] = btf__add_type_tag(to, name(type), target);
      }
      case BTF_KIND_ARRAY: {
        const int element = emit(btf_array(type)->type, whole);
        return made_[{id, whole}] =
                   btf__add_array(to, scalar("int", 4), element, btf_array(type)->nelems);
      }
      case BTF_KIND_FWD:
        return known =
                   btf__add_fwd(to, name(type), btf_kflag(type) ? BTF_FWD_UNION : BTF_FWD_STRUCT);
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        return emit_aggregate(id, type, whole && type->size <= 64);
      default:
        return 0;
    }
  }

  int emit_aggregate(uint32_t id, const btf_type* type, bool whole) {
    const unsigned count = whole ? btf_vlen(type) : begins_with_struct(type);
    std::vector<int> members;
    for (unsigned i = 0; i < count; ++i) {
      members.push_back(emit(btf_members(type)[i].type, whole));
    }
    const int made = btf_is_union(type) ? btf__add_union(to_.get(), name(type), type->size)
                                        : btf__add_struct(to_.get(), name(type), type->size);
    for (unsigned i = 0; i < members.size(); ++i) {
      btf__add_field(to_.get(), "", members[i], btf_member_bit_offset(type, i),
                     btf_member_bitfield_size(type, i));
    }
    return made_[{id, whole}] = made;
  }

  const btf* from_;
  BtfPtr to_;
  uint32_t functions_ = 0;
  std::map<std::pair<uint32_t, bool>, int> made_;
  std::map<std::string, int> scalars_;
  std::map<int, int> pointers_;
  std::map<std::vector<int>, int> protos_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: btf-extract VMLINUX-BTF OUT\n", stderr);
    return 2;
  }
  const BtfPtr from(btf__parse(argv[1], nullptr));
  if (!from) {
    std::perror(argv[1]);
    return 1;
  }
  Extract extract(from.get());
  extract.run();
  if (!extract.write(argv[2])) {
    std::perror(argv[2]);
    return 1;
  }
  return 0;
}
