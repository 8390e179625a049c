// SPDX-License-Identifier: BSD-2-Clause
// connects PORT COUNT: connects over loopback TCP and closes, COUNT times, to a server of its own
// that accepts and closes, both on one processor. Prints the nanoseconds of a connect and close.
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "traffic.h"

namespace {

constexpr long kWarmUp = 20;
constexpr int kBacklog = 4096;

sockaddr_in loopback(long port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

[[noreturn]] void serve(int listener) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    const int fd = accept(listener, nullptr, nullptr);
    must(fd >= 0, "accept");
    close(fd);
  }
}

void connect_and_close(const sockaddr_in& address, long count) {
  // Reset in place of TIME_WAIT, which would use up the ports.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  for (long i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0, "socket");
    must(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "connect");
    must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0, "SO_LINGER");
    close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: connects PORT COUNT\n", stderr);
    return 2;
  }
  const long port = number(argv[1]);
  const long count = number(argv[2]);
  stay_on_last_processor();

  // The warm-up goes to a port of its own, which nobody counts.
  const sockaddr_in warm_up = loopback(port + 1);
  const sockaddr_in wanted = loopback(port);
  for (const sockaddr_in* address : {&warm_up, &wanted}) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(listener >= 0, "socket");
    const int on = 1;
    must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "SO_REUSEADDR");
    must(bind(listener, reinterpret_cast<const sockaddr*>(address), sizeof(*address)) == 0, "bind");
    must(listen(listener, kBacklog) == 0, "listen");
    const pid_t server = fork();
    must(server >= 0, "fork");
    if (server == 0) serve(listener);
    close(listener);
  }
  connect_and_close(warm_up, kWarmUp);
  const Stopwatch watch;
  connect_and_close(wanted, count);
  watch.print(count);
  return 0;
}
