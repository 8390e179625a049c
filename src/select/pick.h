// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <memory>

#include "base/result.h"
#include "cli/invocation.h"
#include "select/kernel_files.h"
#include "select/target.h"

namespace socketrace {

// The BTF of the running kernel (or --btf FILE) and of its modules, loaded once.
class Types;

struct TypesDeleter {
  void operator()(Types* types) const;
};
using TypesPtr = std::unique_ptr<Types, TypesDeleter>;

// Reads vmlinux BTF and the split BTF of the modules that `selection` names. With
// selection.btf_path no module is read: a module's BTF numbers its types after those of the very
// vmlinux it was built with, and that file is another one.
Result<TypesPtr> load_types(const Selection& selection, const KernelFiles& files = {});

// True when the kernel's BTF has this struct, e.g. "bpf_kprobe_multi_link".
bool has_struct(const Types& types, const char* name);

// Every function whose type makes it a target and that passes the patterns; nothing is asked of
// tracefs or kallsyms, so this works unprivileged. Functions that pass the patterns and whose
// pointer is not known to be in one of the first ST_MAX_ARG registers are in `skipped`. No target
// at all is no error: the caller tells.
Result<Targets> pick_by_type(const Types& types, const Selection& selection);

// Narrows to what the kernel can trace (available_filter_functions) and fills in addresses
// (kallsyms): one target for each function of that name, so that there may be several of one
// btf_id. Skipped names that no BTF describes get a better reason where kallsyms has them. Lists
// that cannot be read give a note, not an error; what they would have told is then left to the
// attach.
Targets keep_traceable(Targets picked, const KernelFiles& files = {});

}  // namespace socketrace
