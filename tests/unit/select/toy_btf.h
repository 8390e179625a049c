// SPDX-License-Identifier: BSD-2-Clause
// A small real BTF, built with libbpf's own writer.
#pragma once

#include <bpf/btf.h>

#include <initializer_list>
#include <string>

#include "base/fd.h"
#include "select/types.h"

namespace socketrace {

class ToyBtf {
 public:
  // Every toy has these, so that tests read as C.
  ToyBtf() : btf_(btf__new_empty()) {
    int32 = btf__add_int(btf_.get(), "int", 4, BTF_INT_SIGNED);
    int64 = btf__add_int(btf_.get(), "long int", 8, BTF_INT_SIGNED);
    sock_common = structure("sock_common", 136, {int32});
    sock = structure("sock", 760, {sock_common});
    socket = structure("socket", 128, {int32});
    sk_buff = structure("sk_buff", 232, {int64});
  }
  // A module's BTF: continues `base`, which must live longer.
  explicit ToyBtf(const ToyBtf& base) : btf_(btf__new_empty_split(base.btf_.get())) {}

  int pointer(int to) { return btf__add_ptr(btf_.get(), to); }
  int pointer_to_const(int to) { return pointer(btf__add_const(btf_.get(), to)); }
  // The first member at offset 0, the others `step` bytes apart.
  int structure(const char* name, unsigned size, std::initializer_list<int> members,
                unsigned step = 8) {
    const int id = btf__add_struct(btf_.get(), name, size);
    unsigned offset = 0;
    for (const int member : members) {
      btf__add_field(btf_.get(), "", member, offset * 8, 0);
      offset += step;
    }
    return id;
  }
  int proto(int returns, std::initializer_list<int> params) {
    const int id = btf__add_func_proto(btf_.get(), returns);
    for (const int param : params) btf__add_func_param(btf_.get(), param == 0 ? "" : "p", param);
    return id;
  }
  int function(const char* name, int proto) {
    return btf__add_func(btf_.get(), name, BTF_FUNC_STATIC, proto);
  }
  int function(const char* name, int returns, std::initializer_list<int> params) {
    return function(name, proto(returns, params));
  }

  btf* get() { return btf_.get(); }
  std::string bytes() const {
    unsigned size = 0;
    const void* raw = btf__raw_data(btf_.get(), &size);
    return {static_cast<const char*>(raw), size};
  }

  BtfPtr release() && { return std::move(btf_); }
  // What a kernel with just this BTF would give; the toy is used up.
  TypesPtr types() && {
    TypesPtr types(new Types);
    types->origin = "toy";
    types->kernel = std::move(btf_);
    return types;
  }

  int int32 = 0, int64 = 0, sock_common = 0, sock = 0, socket = 0, sk_buff = 0;

 private:
  BtfPtr btf_;
};

}  // namespace socketrace
