// SPDX-License-Identifier: BSD-2-Clause
#include "host/elf_function.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <grp.h>
#include <libelf.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/fd.h"

namespace socketrace {
namespace {

constexpr int kPatienceMs = 5000;
constexpr uid_t kNobody = 65534;

// The symbol tables of an open file; 0: not there.
uint64_t find_function(int file, std::string_view name) {
  if (elf_version(EV_CURRENT) == EV_NONE) return 0;
  // Read, not mapped: a file that is cut meanwhile ends the read, not us.
  const Owned<Elf, elf_end> elf(elf_begin(file, ELF_C_READ, nullptr));
  if (!elf) return 0;
  for (Elf_Scn* section = elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf.get(), section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0) continue;
    if (header.sh_type != SHT_DYNSYM && header.sh_type != SHT_SYMTAB) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    for (int at = 0; static_cast<uint64_t>(at) < header.sh_size / header.sh_entsize; ++at) {
      GElf_Sym symbol;
      if (gelf_getsym(data, at, &symbol) == nullptr) break;
      if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
      const char* text = elf_strptr(elf.get(), header.sh_link, symbol.st_name);
      if (text == nullptr || name != text) continue;
      GElf_Shdr code;
      if (gelf_getshdr(elf_getscn(elf.get(), symbol.st_shndx), &code) == nullptr) continue;
      return symbol.st_value - code.sh_addr + code.sh_offset;
    }
  }
  return 0;
}

// Nothing is asked whether it worked: without CAP_SETUID there are no rights to give up.
void give_up_rights() {
  const rlimit seconds{2, 2};
  setrlimit(RLIMIT_CPU, &seconds);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
      setresuid(kNobody, kNobody, kNobody) != 0) {
    errno = 0;
  }
}

[[noreturn]] void look_as_child(int file, const char* name, int answer) {
  give_up_rights();
  const uint64_t offset = find_function(file, name);
  const bool told = write(answer, &offset, sizeof(offset)) == sizeof(offset);
  _exit(told ? 0 : 1);
}

// nullopt: none came.
std::optional<uint64_t> wait_for_answer(int answer) {
  pollfd wanted{.fd = answer, .events = POLLIN, .revents = 0};
  int ready = 0;
  while ((ready = poll(&wanted, 1, kPatienceMs)) < 0 && errno == EINTR) {
  }
  uint64_t offset = 0;
  if (ready <= 0 || read(answer, &offset, sizeof(offset)) != sizeof(offset)) return std::nullopt;
  return offset;
}

}  // namespace

Result<uint64_t> offset_of_function(int file, const char* name) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno("pipe", errno);
  const Fd answer(ends[0]);
  Fd to(ends[1]);
  const pid_t child = fork();
  if (child < 0) return Error::from_errno("fork", errno);
  if (child == 0) look_as_child(file, name, to.get());
  to.reset();
  const std::optional<uint64_t> offset = wait_for_answer(answer.get());
  kill(child, SIGKILL);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!offset) return Error("it could not be read as an ELF file within five seconds");
  if (*offset == 0) return Error(fmt::format("no function {} in it", name));
  return *offset;
}

}  // namespace socketrace
