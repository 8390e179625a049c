// SPDX-License-Identifier: BSD-2-Clause
// Do the filters in the kernel and a straightforward evaluation in user space agree? Random
// configurations, each loaded into the programs, times random images of sockets and packets,
// through BPF_PROG_TEST_RUN. Nothing is attached. match-agrees [CONFIGURATIONS [IMAGES-OF-EACH
// [SEED]]]
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "attach/config.h"
#include "match_image.skel.h"
#include "tests/bpf/expected.h"
#include "tests/bpf/image_writer.h"
#include "tests/bpf/scene.h"

namespace {

using namespace scene;
using socketrace::Match;

constexpr const char* kComm = "match-agrees";

[[noreturn]] void give_up(const std::string& what) {
  std::printf("FAIL %s\n", what.c_str());
  std::exit(1);
}

socketrace::AddressPrefix random_prefix(Random& random) {
  socketrace::AddressPrefix prefix;
  prefix.ipv6 = one_in(random, 2);
  const Address address = random_address(random, prefix.ipv6);
  prefix.length = prefix.ipv6 ? one_of(random, {0U, 1U, 64U, 96U, 127U, 128U, 128U})
                              : one_of(random, {0U, 1U, 8U, 16U, 31U, 32U, 32U});
  for (unsigned bit = 0; bit < prefix.length; bit++) {
    prefix.bytes[bit / 8] |= address[bit / 8] & (0x80U >> (bit % 8));
  }
  return prefix;
}

// Each kind of filter in one of three configurations; few values, or as many as fit. Every third
// has filters of task and port only, the commonest ones, for which there are ways of their own.
Match random_match(Random& random, const Task& task) {
  Match match;
  const bool task_and_port = one_in(random, 3);
  const auto fill = [&](auto& list, size_t most, auto make) {
    if (!one_in(random, 3)) return;
    const size_t count = one_in(random, 8) ? most : 1 + random() % 3;
    for (size_t i = 0; i < count; i++) list.push_back(make());
  };
  fill(match.pids, ST_MAX_PIDS,
       [&] { return one_in(random, 5) ? static_cast<uint32_t>(random() % 65536) : task.tgid; });
  fill(match.uids, ST_MAX_UIDS,
       [&] { return one_in(random, 3) ? static_cast<uint32_t>(1000 + random() % 3) : task.uid; });
  fill(match.comms, ST_MAX_COMMS, [&] {
    const bool prefix = one_in(random, 2);
    std::string text = one_in(random, 6) ? "match-agreed" : task.comm;
    if (prefix) text.resize(1 + random() % text.size());
    return socketrace::CommPattern{text, prefix};
  });
  fill(match.ports, ST_MAX_PORTS, [&] {
    const uint16_t first = random_port(random), second = random_port(random);
    if (one_in(random, 2)) return socketrace::PortRange{first, first};
    return socketrace::PortRange{std::min(first, second), std::max(first, second)};
  });
  if (task_and_port) return match;
  fill(match.addresses, ST_MAX_ADDRS, [&] { return random_prefix(random); });
  fill(match.protocols, ST_MAX_PROTOCOLS, [&] { return random_protocol(random); });
  fill(match.families, ST_MAX_FAMILIES, [&] { return random_family(random); });
  fill(match.marks, ST_MAX_MARKS, [&] {
    const uint32_t mask = one_of<uint32_t>(random, {0xffffffff, 0xffffffff, 0xff, 0x1, 0});
    return socketrace::MarkMask{random_mark(random) & mask, mask};
  });
  fill(match.netns, ST_MAX_NETNS, [&] { return std::to_string(random_netns(random)); });
  return match;
}

std::string filters_of(const Match& match) {
  std::string text;
  for (auto pid : match.pids) text += fmt::format(" pid={}", pid);
  for (auto uid : match.uids) text += fmt::format(" uid={}", uid);
  for (auto& comm : match.comms)
    text += fmt::format(" comm={}{}", comm.text, comm.prefix ? "*" : "");
  for (auto& a : match.addresses) {
    text += fmt::format(" addr{}={}/{}", a.ipv6 ? 6 : 4, to_string(Address(a.bytes)), a.length);
  }
  for (auto& port : match.ports) text += fmt::format(" port={}-{}", port.first, port.last);
  for (auto protocol : match.protocols) text += fmt::format(" protocol={}", protocol);
  for (auto family : match.families) text += fmt::format(" family={}", family);
  for (auto& mark : match.marks) text += fmt::format(" mark={:#x}/{:#x}", mark.value, mark.mask);
  for (auto& netns : match.netns) text += " netns=" + netns;
  return text.empty() ? " none" : text;
}

struct Destroy {
  void operator()(match_image_bpf* object) const { match_image_bpf__destroy(object); }
};
// The last record, as it came through the ring.
int remember(void* to, void* bytes, size_t size) {
  std::memcpy(to, bytes, std::min(size, sizeof(st_record)));
  return 0;
}

struct Programs {
  std::unique_ptr<match_image_bpf, Destroy> object;
  std::unique_ptr<ring_buffer, decltype(&ring_buffer__free)> ring{nullptr, &ring_buffer__free};
  image* memory = nullptr;
  st_record record = {};

  ~Programs() {
    if (memory != nullptr) munmap(memory, sizeof(image));
  }
};

int test_run(const bpf_program* program, const Arguments& what, uint64_t kind) {
  uint64_t arguments[3] = {what.object, kind, what.packet};
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));
  if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) != 0) {
    give_up(fmt::format("BPF_PROG_TEST_RUN of {}: {}", bpf_program__name(program),
                        std::strerror(errno)));
  }
  return static_cast<int>(options.retval);
}

bool has_rdonly_cast(const btf* kernel) {
  return btf__find_by_name_kind(kernel, "bpf_rdonly_cast", BTF_KIND_FUNC) >= 0;
}

std::unique_ptr<Programs> load(const Match& match, bool direct) {
  auto programs = std::make_unique<Programs>();
  programs->object.reset(match_image_bpf__open());
  auto& object = programs->object;
  if (!object) give_up("open the BPF object");
  auto config = socketrace::config_for(match, {});
  if (!config) give_up(config.error().text());
  config->own_tgid = 0;  // the hits of this process are what is looked at
  object->rodata->st_config = *config;
  bpf_map__set_max_entries(object->maps.ring, 65536);
  bpf_program__set_autoload(object->progs.st_where, true);
  bpf_program__set_autoload(object->progs.st_match_probe_read, true);
  bpf_program__set_autoload(object->progs.st_match_direct, direct);
  if (match_image_bpf__load(object.get()) != 0) {
    give_up("the kernel does not load the programs with" + filters_of(match));
  }
  object->bss->st_state.enabled = 1;
  void* memory = mmap(nullptr, sizeof(image), PROT_READ | PROT_WRITE, MAP_SHARED,
                      bpf_map__fd(object->maps.image), 0);
  if (memory == MAP_FAILED) give_up("map the image");
  programs->memory = static_cast<image*>(memory);
  test_run(object->progs.st_where, {}, 0);
  programs->ring.reset(
      ring_buffer__new(bpf_map__fd(object->maps.ring), remember, &programs->record, nullptr));
  if (!programs->ring) give_up("read the ring");
  return programs;
}

Ends ends_in(uint16_t family, uint16_t protocol, unsigned flags, uint16_t local_port,
             uint16_t remote_port, const st_address& local, const st_address& remote) {
  Ends ends{.family = family,
            .protocol = protocol,
            .has_ports = (flags & ST_HIT_NO_PORTS) == 0,
            .ports = {local_port, remote_port},
            .local = {},
            .remote = {}};
  std::copy_n(local.bytes, 16, ends.local.begin());
  std::copy_n(remote.bytes, 16, ends.remote.begin());
  return ends;
}

Told told_by(const st_record& record) {
  const st_event& e = record.event;
  Told told;
  told.netns = e.netns;
  told.ends =
      ends_in(e.family, e.protocol, e.flags, e.local_port, e.remote_port, e.local, e.remote);
  if ((e.sections & ST_SECTION_ENDS) == 0) return told;
  const st_ends& sock = record.more.sock;
  told.sock_netns = record.more.sock_netns;
  if (sock.family != 0) {
    told.sock = ends_in(sock.family, sock.protocol, sock.flags, sock.local_port, sock.remote_port,
                        sock.local, sock.remote);
  }
  return told;
}

std::string to_string(const Ends& e) {
  return fmt::format("family={} protocol={} {}:{} -> {}:{}{}", e.family, e.protocol,
                     scene::to_string(e.local), e.ports[0], scene::to_string(e.remote), e.ports[1],
                     e.has_ports ? "" : " no ports");
}
std::string to_string(const Told& told) {
  return fmt::format("{} netns={} sock=({}) sock_netns={}", to_string(told.ends), told.netns,
                     to_string(told.sock), told.sock_netns);
}

// Ends of other families are read by other code, and have no ports that could be told.
bool is_ip_or_nothing(const Told& told) {
  return told.ends.family == AF_INET || told.ends.family == AF_INET6;
}

struct Count {
  unsigned long images = 0, matched = 0, lines = 0, wrong = 0;
};

void compare(const btf* kernel, const Match& match, const Task& task, unsigned long images,
             bool direct, Random& random, Count& count) {
  const auto programs = load(match, direct);
  const auto& object = programs->object;
  ImageWriter writer(kernel, *programs->memory, object->bss->image_address);
  for (unsigned long i = 0; i < images; i++) {
    const Scene scene = random_scene(random);
    const bool want = expected(match, scene, task);
    const Arguments arguments = writer.write(scene, random);
    const Told line = expected_line(scene);
    count.images++;
    count.matched += want ? 1 : 0;
    for (const bpf_program* program :
         {object->progs.st_match_probe_read, object->progs.st_match_direct}) {
      if (program == object->progs.st_match_direct && !direct) continue;
      const int got = test_run(program, arguments, scene.kind);
      ring_buffer__consume(programs->ring.get());
      if (got == 1 && want && is_ip_or_nothing(line)) {
        count.lines++;
        const Told told = told_by(programs->record);
        if (told != line && count.wrong++ < 10) {
          std::printf("FAIL %s tells %s\n  expected %s\n  image: %s\n", bpf_program__name(program),
                      to_string(told).c_str(), to_string(line).c_str(),
                      scene::to_string(scene).c_str());
        }
      }
      if (got == static_cast<int>(want)) continue;
      if (count.wrong++ >= 10) continue;
      std::printf("FAIL %s says %d, expected %d\n  filters:%s\n  image: %s\n",
                  bpf_program__name(program), got, want, filters_of(match).c_str(),
                  scene::to_string(scene).c_str());
    }
  }
}

unsigned long number(int argc, char** argv, int which, unsigned long otherwise) {
  return which < argc ? std::strtoul(argv[which], nullptr, 10) : otherwise;
}

int quiet(libbpf_print_level, const char*, va_list) {
  return 0;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): then it ends, which is what a test should do
int main(int argc, char** argv) {
  const unsigned long configurations = number(argc, argv, 1, 64);
  const unsigned long images = number(argc, argv, 2, 1600);
  const unsigned long seed = number(argc, argv, 3, 20261121);
  if (std::getenv("LIBBPF_LOG") == nullptr) libbpf_set_print(quiet);
  prctl(PR_SET_NAME, kComm);
  const Task task{static_cast<uint32_t>(getpid()), getuid(), kComm};
  const std::unique_ptr<btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), &btf__free);
  if (!kernel) give_up("no BTF of this kernel");
  const bool direct = has_rdonly_cast(kernel.get());
  if (!direct) std::puts("skip st_match_direct: needs bpf_rdonly_cast (6.2)");
  Random random(seed);
  Count count;
  for (unsigned long i = 0; i < configurations; i++) {
    compare(kernel.get(), random_match(random, task), task, images, direct, random, count);
  }
  std::printf(
      "seed %lu: %lu configurations, %lu images, %lu matched, %lu lines, %lu disagreements\n", seed,
      configurations, count.images, count.matched, count.lines, count.wrong);
  return count.wrong == 0 ? 0 : 1;
}
