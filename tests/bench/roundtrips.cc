// SPDX-License-Identifier: BSD-2-Clause
// roundtrips PORT PAIRS [PACE_US]: request/response pairs of 64 bytes over one loopback TCP
// connection, client and server on one processor, so that nothing overlaps. Prints the nanoseconds
// of a pair; under icount these are instructions. With PACE_US: one pair each PACE_US until killed,
// traffic for whoever waits for a first line.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "traffic.h"

namespace {

constexpr size_t kMessage = 64;
constexpr long kWarmUpPairs = 20;

void set(int fd, int level, int option) {
  const int on = 1;
  must(setsockopt(fd, level, option, &on, sizeof(on)) == 0, "setsockopt");
}

// False when the other end closed.
bool receive(int fd) {
  char message[kMessage];
  size_t got = 0;
  while (got < kMessage) {
    const ssize_t count = recv(fd, message + got, kMessage - got, 0);
    must(count >= 0, "recv");
    if (count == 0) return false;
    got += static_cast<size_t>(count);
  }
  return true;
}

void transmit(int fd) {
  const char message[kMessage] = {};
  must(send(fd, message, kMessage, MSG_NOSIGNAL) == static_cast<ssize_t>(kMessage), "send");
}

[[noreturn]] void serve(int listener) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int fd = accept(listener, nullptr, nullptr);
  must(fd >= 0, "accept");
  set(fd, IPPROTO_TCP, TCP_NODELAY);
  while (receive(fd)) transmit(fd);
  std::_Exit(0);
}

void pairs(int fd, long count) {
  for (long i = 0; i < count; ++i) {
    transmit(fd);
    must(receive(fd), "the server closed");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fputs("usage: roundtrips PORT PAIRS [PACE_US]\n", stderr);
    return 2;
  }
  const long port = number(argv[1]);
  const long count = number(argv[2]);

  stay_on_last_processor();

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(listener >= 0, "socket");
  set(listener, SOL_SOCKET, SO_REUSEADDR);
  must(bind(listener, where, sizeof(address)) == 0, "bind");
  must(listen(listener, 1) == 0, "listen");
  const pid_t server = fork();
  must(server >= 0, "fork");
  if (server == 0) serve(listener);

  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(client >= 0, "socket");
  must(connect(client, where, sizeof(address)) == 0, "connect");
  set(client, IPPROTO_TCP, TCP_NODELAY);
  pairs(client, kWarmUpPairs);
  if (argc == 4) {
    const auto pace = static_cast<useconds_t>(number(argv[3]));
    for (;;) {
      pairs(client, 1);
      usleep(pace);
    }
  }
  const Stopwatch watch;
  pairs(client, count);
  watch.print(count);
  return 0;
}
