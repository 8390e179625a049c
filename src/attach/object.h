// SPDX-License-Identifier: BSD-2-Clause
// A BPF object through its libbpf skeleton: open, adjust, load; destroyed with its owner.
#pragma once

#include <cerrno>
#include <string>
#include <utility>

#include "attach/held.h"
#include "attach/libbpf_log.h"
#include "base/fd.h"
#include "base/result.h"

namespace socketrace {

// auto object = TRY(Object<trace_bpf>::open());
// object->rodata->config = ...; (maps' sizes, which programs to load)
// TRY(object.load());
template <typename Skeleton>
class Object {
 public:
  static Result<Object> open() {
    LibbpfLog log;
    Object object(Skeleton::open(nullptr));
    const int errnum = errno;
    object.log_ = log.take();
    if (!object.skeleton_) return load_error("open the BPF object", errnum, object.log_);
    return object;
  }

  // On failure log() has all that libbpf and the verifier said.
  Result<void> load() {
    choose_held_programs(skeleton_->obj);
    LibbpfLog log;
    const int status = Skeleton::load(skeleton_.get());
    log_ = log.take();
    if (status != 0) return load_error("load the BPF programs", -status, log_);
    return {};
  }

  Skeleton* operator->() const { return skeleton_.get(); }
  const std::string& log() const { return log_; }

 private:
  explicit Object(Skeleton* skeleton) : skeleton_(skeleton) {}

  Owned<Skeleton, &Skeleton::destroy> skeleton_;
  std::string log_;
};

}  // namespace socketrace
