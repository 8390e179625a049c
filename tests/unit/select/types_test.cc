// SPDX-License-Identifier: BSD-2-Clause
#include <doctest/doctest.h>
#include <linux/btf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "unit/select/toy_btf.h"
#include "unit/select/toy_files.h"

using namespace socketrace;

namespace {

std::string toy_kernel() {
  ToyBtf toy;
  toy.function("f", 0, {toy.pointer(toy.sock)});
  return toy.bytes();
}

std::string error_of(const Selection& selection, const ToyFiles& files, int exit_status = 1) {
  const auto types = load_types(selection, files.kernel());
  if (types) return "";
  CHECK(types.error().exit_status() == exit_status);
  return types.error().text();
}

Selection named(std::vector<std::string> names) {
  Selection selection;
  selection.modules = {ModuleChoice::Mode::named, std::move(names)};
  return selection;
}

// A toy kernel and the modules m_one and m_two.
void write_modules(ToyFiles& files) {
  ToyBtf kernel;
  kernel.function("f", 0, {kernel.pointer(kernel.sock)});
  files.write("btf/vmlinux", kernel.bytes());
  for (const char* name : {"m_two", "m_one"}) {
    ToyBtf module(kernel);
    module.function((std::string("f_") + name).c_str(), 0, {module.pointer(kernel.sock)});
    files.write(std::string("btf/") + name, module.bytes());
  }
}

std::string functions_of(const Selection& selection, const ToyFiles& files) {
  const auto types = load_types(selection, files.kernel());
  if (!types) return types.error().text();
  const auto picked = pick_by_type(**types, selection);
  if (!picked) return picked.error().text();
  std::string text;
  for (const Target& target : picked->targets) text += target.name + "[" + target.module + "] ";
  for (const std::string& note : picked->notes) text += note;
  return text;
}

}  // namespace

TEST_CASE("types: no BTF names the option of the kernel and the remedy") {
  ToyFiles files;
  CHECK(error_of({}, files) ==
        files.path("btf/vmlinux") +
            " is not there: a kernel built with CONFIG_DEBUG_INFO_BTF=y is "
            "needed (its BTF from elsewhere, --btf FILE, is enough for --list-funcs)");
  Selection selection;
  selection.btf_path = files.path("nothing");
  CHECK(error_of(selection, files) ==
        "--btf: open " + files.path("nothing") + ": No such file or directory");
}

TEST_CASE("types: all modules, none, or those named") {
  ToyFiles files;
  write_modules(files);
  Selection selection;
  CHECK(functions_of(selection, files) == "f[] f_m_one[m_one] f_m_two[m_two] ");
  selection.modules.mode = ModuleChoice::Mode::none;
  CHECK(functions_of(selection, files) == "f[] ");
  CHECK(functions_of(named({"m_two"}), files) == "f[] f_m_two[m_two] ");
  CHECK(functions_of(named({"m-two", "m_two", "m_one"}), files) ==
        "f[] f_m_one[m_one] f_m_two[m_two] ");
}

TEST_CASE("types: a named module that is not there says what to do") {
  ToyFiles files;
  write_modules(files);
  CHECK(error_of(named({"m_one", "sctp"}), files) ==
        "--modules sctp: no such module is loaded; load it first: modprobe sctp");
  files.write("module/unix/parameters/x", "");
  CHECK(error_of(named({"unix"}), files) ==
        "--modules unix: built into the kernel: its functions are among those of vmlinux");
  files.write("module/plain/initstate", "live\n");
  CHECK(error_of(named({"plain"}), files) ==
        "--modules plain: loaded, but the kernel has no BTF of it (needs 5.11+ with "
        "CONFIG_DEBUG_INFO_BTF_MODULES=y)");
  for (const char* name : {"../../etc/passwd", "", ".", "..", "vmlinux", "a/b"}) {
    CHECK(error_of(named({name}), files, 2) ==
          "--modules: '" + std::string(name) + "' is not the name of a module");
  }
}

TEST_CASE("types: a damaged module is left out with a note, or an error when it was named") {
  ToyFiles files;
  write_modules(files);
  files.write("btf/m_two", "garbage garbage garbage garbage");
  const std::string found = functions_of({}, files);
  CHECK(found.starts_with("f[] f_m_one[m_one] module m_two left out: " + files.path("btf/m_two")));
  CHECK(error_of(named({"m_two"}), files).starts_with("module m_two: " + files.path("btf/m_two")));
}

TEST_CASE("types: --btf FILE is read in place of the kernel's, without modules") {
  ToyFiles files;
  write_modules(files);
  ToyBtf toy;
  toy.function("other", 0, {toy.pointer(toy.sock)});
  Selection selection;
  selection.btf_path = files.write("file", toy.bytes());
  CHECK(functions_of(selection, files) == "other[] ");
  selection.modules = {ModuleChoice::Mode::named, {"m_one"}};
  CHECK(error_of(selection, files, 2).starts_with("--modules and --btf: "));
}

TEST_CASE("types: has_struct") {
  ToyBtf toy;
  btf__add_union(toy.get(), "a_union", 8);
  const TypesPtr types = std::move(toy).types();
  CHECK(has_struct(*types, "sk_buff"));
  CHECK_FALSE(has_struct(*types, "bpf_kprobe_multi_link"));
  CHECK_FALSE(has_struct(*types, "a_union"));
  CHECK_FALSE(has_struct(*types, ""));
}

TEST_CASE("types: files that are no BTF") {
  ToyFiles files;
  Selection selection;
  const auto error = [&](std::string_view bytes) {
    selection.btf_path = files.write("file", bytes);
    std::string text = error_of(selection, files);
    const std::string prefix = "--btf " + selection.btf_path + ": ";
    CHECK(text.starts_with(prefix));
    return text.substr(std::min(prefix.size(), text.size()));
  };
  CHECK(error("") == "too short for BTF");
  CHECK(error(toy_kernel().substr(0, 23)) == "too short for BTF");
  CHECK(error(std::string(100, 'x')) == "not BTF (wrong magic number)");
  CHECK(error("\177ELF" + std::string(100, '\0')).starts_with("an ELF file, raw BTF is wanted"));
  std::string swapped = toy_kernel();
  std::swap(swapped[0], swapped[1]);
  CHECK(error(swapped) == "BTF of a machine with the other byte order");
}

TEST_CASE("types: every damaged header is refused or harmless") {
  const std::string good = toy_kernel();
  constexpr uint32_t kValues[] = {0,
                                  1,
                                  3,
                                  23,
                                  25,
                                  28,
                                  1000,
                                  0x7fffffff,
                                  0x80000000,
                                  0xfffffffc,
                                  0xffffffff,
                                  0xffffffe8,
                                  static_cast<uint32_t>(-24)};
  for (size_t at = offsetof(btf_header, hdr_len); at < sizeof(btf_header); at += 4) {
    for (const uint32_t value : kValues) {
      CAPTURE(at);
      CAPTURE(value);
      // In memory of exactly this size, so that a sanitizer sees one byte too far.
      std::vector<char> bytes(good.begin(), good.end());
      std::memcpy(bytes.data() + at, &value, sizeof(value));
      TypesPtr types(new Types);
      auto parsed = parse_btf(bytes);
      if (!parsed) continue;
      types->kernel = std::move(parsed).value();
      (void)pick_by_type(*types, {});
      has_struct(*types, "sock");
    }
  }
  for (size_t size = 0; size < good.size(); ++size) {
    const std::vector<char> bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(parse_btf(bytes));
  }
}

TEST_CASE("types: damage to any byte of the types and strings is refused or harmless") {
  const std::string good = toy_kernel();
  size_t parsed_count = 0;
  for (size_t at = sizeof(btf_header); at < good.size(); ++at) {
    for (const unsigned char value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::vector<char> bytes(good.begin(), good.end());
      bytes[at] = static_cast<char>(value);
      TypesPtr types(new Types);
      auto parsed = parse_btf(bytes);
      if (!parsed) continue;
      ++parsed_count;
      types->kernel = std::move(parsed).value();
      (void)pick_by_type(*types, {});
      has_struct(*types, "sock");
    }
  }
  CHECK(parsed_count > 0);
}
