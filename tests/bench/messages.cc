// SPDX-License-Identifier: BSD-2-Clause
// messages dgram|stream PATH COUNT MOST: sends COUNT messages of 8 to MOST bytes over a unix
// socket, unpaced, to a receiver of its own on the same processor. Prints the nanoseconds of a
// message, until all were received.
// messages expected COUNT MOST: prints the same messages, a line for each, as \x01\x02.
//
// A message is its number and noise: no two are equal.
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "traffic.h"

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kLeast = 8;

// xorshift: the same noise everywhere.
uint64_t next(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

std::vector<Bytes> make_messages(long count, long most) {
  uint64_t state = 88172645463325252;
  std::vector<Bytes> all(static_cast<size_t>(count));
  for (uint64_t i = 0; i < all.size(); ++i) {
    Bytes& one = all[i];
    one.resize(kLeast + next(state) % (static_cast<uint64_t>(most) - kLeast + 1));
    for (uint8_t& byte : one) byte = static_cast<uint8_t>(next(state) >> 32);
    std::memcpy(one.data(), &i, sizeof(i));
  }
  return all;
}

void print(const std::vector<Bytes>& all) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line;
  for (const Bytes& one : all) {
    line.clear();
    for (const uint8_t byte : one) {
      line += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
    std::puts(line.c_str());
  }
}

// Ends after as many bytes as there are to come.
[[noreturn]] void receive(int fd, bool stream, const std::vector<Bytes>& all) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (stream) {
    fd = accept(fd, nullptr, nullptr);
    must(fd >= 0, "accept");
  }
  size_t left = 0;
  for (const Bytes& one : all) left += one.size();
  Bytes buffer(size_t{1} << 16);
  while (left != 0) {
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    must(got > 0, "recv");
    left -= static_cast<size_t>(got);
  }
  std::_Exit(0);
}

int converse(bool stream, const char* path, const std::vector<Bytes>& all) {
  stay_on_last_processor();
  const int type = stream ? SOCK_STREAM : SOCK_DGRAM;
  const sockaddr_un address = unix_address(path);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  const int server = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  must(server >= 0, "socket");
  must(bind(server, where, sizeof(address)) == 0, "bind");
  must(!stream || listen(server, 1) == 0, "listen");
  const pid_t receiver = fork();
  must(receiver >= 0, "fork");
  if (receiver == 0) receive(server, stream, all);

  const int client = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  must(client >= 0, "socket");
  must(connect(client, where, sizeof(address)) == 0, "connect");
  const Stopwatch watch;
  for (const Bytes& one : all) {
    must(write(client, one.data(), one.size()) == static_cast<ssize_t>(one.size()), "write");
  }
  int status = 0;
  must(waitpid(receiver, &status, 0) == receiver && status == 0, "receiver");
  watch.print(static_cast<long>(all.size()));
  // The next one is to be another file to who looks for this one.
  unlink(path);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span args(argv, static_cast<size_t>(argc));
  const std::string_view mode = args.size() > 1 ? args[1] : "";
  const bool expected = mode == "expected";
  const bool usable = args.size() == (expected ? 4 : 5) &&
                      (expected || mode == "stream" || mode == "dgram") &&
                      number(args.back()) >= static_cast<long>(kLeast);
  if (!usable) {
    std::fputs(
        "usage: messages dgram|stream PATH COUNT MOST\n"
        "       messages expected COUNT MOST\n"
        "MOST is at least 8.\n",
        stderr);
    return 2;
  }
  const std::vector<Bytes> all = make_messages(number(args[args.size() - 2]), number(args.back()));
  if (!expected) return converse(mode == "stream", args[2], all);
  print(all);
  return 0;
}
