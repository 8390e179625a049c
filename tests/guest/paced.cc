// SPDX-License-Identifier: BSD-2-Clause
// paced dgram|stream PATH NOISE SIZES RATE: sends as many messages as SIZES (a file of u32) has,
// RATE a second, over a unix socket, to a receiver of its own, who checks every byte. Message i is
// its number (u32, big endian) and what follows at i % 65536 of NOISE (a file of 128 KiB), as far
// as its size goes. Prints the messages a second that were reached, and by how many microseconds
// the latest one was late.
//
// Each message has its own time by CLOCK_MONOTONIC: who was late catches up.
#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "tests/bench/traffic.h"

namespace {

constexpr size_t kMost = 65536;
constexpr int64_t kSecond = 1'000'000'000;

std::vector<char> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  must(file.good(), path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Messages {
 public:
  Messages(const char* noise, const char* sizes) : noise_(read_file(noise)) {
    const std::vector<char> bytes = read_file(sizes);
    sizes_.resize(bytes.size() / sizeof(uint32_t));
    std::memcpy(sizes_.data(), bytes.data(), sizes_.size() * sizeof(uint32_t));
    const auto fits = [](uint32_t size) { return size > 0 && size <= kMost; };
    if (noise_.size() != 2 * kMost || !std::ranges::all_of(sizes_, fits)) {
      std::fputs("paced: wants 128 KiB of noise, and sizes of 1 to 65536\n", stderr);
      std::_Exit(2);
    }
    std::memcpy(under_, noise_.data(), sizeof(under_));
  }

  size_t count() const { return sizes_.size(); }
  // Until the next one: the number lies over the noise, which costs no copy.
  std::span<const char> message(size_t number) {
    std::memcpy(&noise_[covered_], under_, sizeof(under_));
    covered_ = number % kMost;
    std::memcpy(under_, &noise_[covered_], sizeof(under_));
    const uint32_t digits = htonl(static_cast<uint32_t>(number));
    std::memcpy(&noise_[covered_], &digits, sizeof(digits));
    return std::span<const char>(noise_).subspan(covered_, sizes_[number]);
  }

 private:
  std::vector<char> noise_;
  std::vector<uint32_t> sizes_;
  size_t covered_ = 0;
  char under_[sizeof(uint32_t)] = {};  // what the number there covers
};

[[noreturn]] void receive(int fd, bool stream, Messages& all) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char> buffer(kMost + 1);
  for (size_t number = 0; number < all.count(); ++number) {
    std::span<const char> wanted = all.message(number);
    // Of a stream no more than this message: the next one's bytes may be there already.
    while (!wanted.empty()) {
      const ssize_t got = recv(fd, buffer.data(), stream ? wanted.size() : buffer.size(), 0);
      must(got > 0, "recv");
      const auto length = static_cast<size_t>(got);
      if (length > wanted.size() || std::memcmp(buffer.data(), wanted.data(), length) != 0 ||
          (!stream && length != wanted.size())) {
        std::fprintf(stderr, "paced: message %zu was received otherwise than it was sent\n",
                     number);
        std::_Exit(1);
      }
      wanted = wanted.subspan(length);
    }
  }
  std::_Exit(0);
}

int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

void sleep_until(int64_t when) {
  const timespec time{when / kSecond, when % kSecond};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

void send(int fd, Messages& all, long rate) {
  prctl(PR_SET_TIMERSLACK, 1);  // 50 us by default, of 200
  int64_t latest = 0;
  const int64_t begin = now();
  for (size_t number = 0; number < all.count(); ++number) {
    const std::span<const char> message = all.message(number);
    const int64_t due = begin + static_cast<int64_t>(number) * kSecond / rate;
    const int64_t late = now() - due;
    if (late < 0) sleep_until(due);
    latest = std::max(latest, late);
    must(write(fd, message.data(), message.size()) == static_cast<ssize_t>(message.size()),
         "write");
  }
  const double took = static_cast<double>(now() - begin) / static_cast<double>(kSecond);
  std::printf("%.0f %lld\n", static_cast<double>(all.count()) / took,
              static_cast<long long>(latest / 1000));
}

int converse(bool stream, const char* path, Messages& all, long rate) {
  const int type = (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
  const sockaddr_un address = unix_address(path);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  int server = socket(AF_UNIX, type, 0);
  const int client = socket(AF_UNIX, type, 0);
  must(server >= 0 && client >= 0, "socket");
  must(bind(server, where, sizeof(address)) == 0, "bind");
  must(!stream || listen(server, 1) == 0, "listen");
  must(connect(client, where, sizeof(address)) == 0, "connect");
  if (stream) server = accept(server, nullptr, nullptr);
  must(server >= 0, "accept");
  const pid_t receiver = fork();
  must(receiver >= 0, "fork");
  if (receiver == 0) receive(server, stream, all);
  send(client, all, rate);
  int status = 0;
  must(waitpid(receiver, &status, 0) == receiver && status == 0, "receiver");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span args(argv, static_cast<size_t>(argc));
  const std::string_view mode = args.size() > 1 ? args[1] : "";
  if (args.size() != 6 || (mode != "dgram" && mode != "stream") || number(args[5]) == 0) {
    std::fputs("usage: paced dgram|stream PATH NOISE SIZES RATE\n", stderr);
    return 2;
  }
  Messages all(args[3], args[4]);
  return converse(mode == "stream", args[2], all, number(args[5]));
}
