// SPDX-License-Identifier: BSD-2-Clause
#include "select/types.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "select/lines.h"

namespace socketrace {
namespace {

// vmlinux BTF has 4..15 MiB; the format ends at 16 MiB of strings and 1 Mi types.
constexpr size_t kMostBytes = size_t{64} << 20;

Result<BtfPtr> read_kernel(const Selection& selection, const std::string& path) {
  const bool running = selection.btf_path.empty();
  const auto bytes = read_whole(path, kMostBytes);
  if (!bytes && running && bytes.error().errnum() == ENOENT) {
    return Error(path +
                 " is not there: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed (its BTF "
                 "from elsewhere, --btf FILE, is enough for --list-funcs)");
  }
  if (!bytes) return Error(bytes.error()).within(running ? "kernel BTF" : "--btf");
  auto parsed = parse_btf(*bytes);
  if (!parsed) return std::move(parsed).error().within((running ? "" : "--btf ") + path);
  return parsed;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

// Files of /sys/kernel/btf but vmlinux, sorted. No such folder (below 5.11): none.
std::vector<std::string> modules_with_btf(const std::string& folder) {
  std::vector<std::string> names;
  const Owned<DIR, ::closedir> dir(::opendir(folder.c_str()));
  if (!dir) return names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "vmlinux" && !name.starts_with(".")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Why a module that the user named has no file in /sys/kernel/btf.
Error no_such_module(const std::string& name, const KernelFiles& files) {
  const std::string what = "--modules " + name + ": ";
  const std::string folder = files.modules + "/" + name;
  // A loaded module has an initstate; a built-in one with parameters has a folder without.
  if (exists(folder + "/initstate")) {
    return Error(what +
                 "loaded, but the kernel has no BTF of it (needs 5.11+ with "
                 "CONFIG_DEBUG_INFO_BTF_MODULES=y)");
  }
  if (exists(folder)) {
    return Error(what + "built into the kernel: its functions are among those of vmlinux");
  }
  return Error(what + "no such module is loaded; load it first: modprobe " + name);
}

Result<std::vector<std::string>> named_modules(const Selection& selection,
                                               const KernelFiles& files) {
  std::vector<std::string> names;
  for (std::string name : selection.modules.names) {
    if (name.empty() || name == "vmlinux" || name.find('/') != std::string::npos ||
        name.starts_with('.')) {
      return Error::usage("--modules: '" + name + "' is not the name of a module");
    }
    // As modprobe does: the kernel knows nf-conntrack as nf_conntrack.
    std::replace(name.begin(), name.end(), '-', '_');
    if (!exists(files.btf + "/" + name)) return no_such_module(name, files);
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

void TypesDeleter::operator()(Types* types) const {
  delete types;
}

Result<TypesPtr> load_types(const Selection& selection, const KernelFiles& files) {
  const auto mode = selection.modules.mode;
  if (!selection.btf_path.empty() && mode == ModuleChoice::Mode::named) {
    return Error::usage(
        "--modules and --btf: the BTF of loaded modules continues that of the running kernel; name "
        "no module with --btf");
  }
  TypesPtr types(new Types);
  types->origin = selection.btf_path.empty() ? files.btf + "/vmlinux" : selection.btf_path;
  types->kernel = TRY(read_kernel(selection, types->origin));
  if (!selection.btf_path.empty() || mode == ModuleChoice::Mode::none) return types;

  const bool named = mode == ModuleChoice::Mode::named;
  const auto names = named ? TRY(named_modules(selection, files)) : modules_with_btf(files.btf);
  for (const std::string& name : names) {
    auto parsed = parse_module_btf(files.btf + "/" + name, types->kernel.get());
    if (parsed) {
      types->modules.push_back({name, std::move(parsed).value()});
    } else if (named) {
      return std::move(parsed).error().within("module " + name);
    } else {
      // Unloaded since, or built for another vmlinux.
      types->notes.push_back("module " + name + " left out: " + parsed.error().text());
    }
  }
  return types;
}

bool has_struct(const Types& types, const char* name) {
  return btf__find_by_name_kind(types.kernel.get(), name, BTF_KIND_STRUCT) > 0;
}

}  // namespace socketrace
