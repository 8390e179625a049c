// SPDX-License-Identifier: BSD-2-Clause
// What load_types() holds.
#pragma once

#include <bpf/btf.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "select/pick.h"

namespace socketrace {

using BtfPtr = Owned<btf, btf__free>;

struct ModuleTypes {
  std::string name;
  BtfPtr btf;  // split: continues the numbering of the kernel's, and refers to it
};

class Types {
 public:
  std::string origin;  // file name of the kernel's BTF
  BtfPtr kernel;
  std::vector<ModuleTypes> modules;  // sorted by name; freed before `kernel`
  std::vector<std::string> notes;
};

// Raw BTF of any origin as libbpf's object.
Result<BtfPtr> parse_btf(std::span<const char> bytes);
// A module's BTF, which continues `kernel`. By path: libbpf 1.1 makes split BTF from files only;
// and only for files of the kernel's own, that no user names.
Result<BtfPtr> parse_module_btf(const std::string& path, btf* kernel);

}  // namespace socketrace
