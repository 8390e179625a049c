// SPDX-License-Identifier: BSD-2-Clause
// Does bpf/kernel/context.h know a hard interrupt, a softirq and a task apart? Runs a while of
// traffic over loopback under probes in functions that run in one of them only. One line for each
// context:
//   hardirq: hits=812 known=812 softirq=0 hardirq=812
// Exit status 1: the programs could not be loaded or attached.
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/fd.h"
#include "tests/bpf/context_places.h"
#include "tests/bpf/context_places.skel.h"

namespace {

using socketrace::Fd;
using socketrace::Owned;

// A datagram through the loopback device and back to us.
bool one_datagram() {
  const Fd receiver(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Fd sender(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof to;
  char byte = 0;
  return bind(receiver.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
         getsockname(receiver.get(), reinterpret_cast<sockaddr*>(&to), &length) == 0 &&
         sendto(sender.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) == 1 &&
         recv(receiver.get(), &byte, 1, 0) == 1;
}

int fail(const char* what) {
  std::printf("FAIL %s: %s\n", what, std::strerror(errno));
  return 1;
}

}  // namespace

int main() {
  const Owned<context_places_bpf, &context_places_bpf::destroy> places(
      context_places_bpf::open_and_load());
  if (!places) return fail("load");
  if (context_places_bpf::attach(places.get()) != 0) return fail("attach");
  for (int i = 0; i < 200; ++i) {
    if (!one_datagram()) return fail("a datagram over loopback");
    usleep(5000);
  }
  context_places_bpf::detach(places.get());
  static constexpr const char* kNames[ST_PLACES] = {"task", "softirq", "hardirq"};
  for (int i = 0; i < ST_PLACES; ++i) {
    const place& seen = places->bss->places[i];
    std::printf("%s: hits=%llu known=%llu softirq=%llu hardirq=%llu\n", kNames[i], seen.hits,
                seen.known, seen.softirq, seen.hardirq);
  }
  return 0;
}
