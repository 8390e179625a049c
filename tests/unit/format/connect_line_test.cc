// SPDX-License-Identifier: BSD-2-Clause
#include "format/connect_line.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "../golden.h"
#include "canned_connect.h"

using namespace socketrace;

namespace {

constexpr int64_t kRealtimeOffset = 1'700'000'000'000'000'000 - 12'345'678'901'234;

std::vector<CannedAttempt> attempts() {
  using namespace std::string_view_literals;
  std::vector<CannedAttempt> all;
  all.push_back(CannedAttempt().to("140.82.118.3", 443).ended(0, 43));
  all.push_back(CannedAttempt().to("2606:4700::1111", 443).ended(-ENETUNREACH, 3));
  all.push_back(CannedAttempt().to("::ffff:140.82.118.3", 80).ended(-ECONNREFUSED, 1'234'567));
  all.push_back(CannedAttempt().to("192.0.2.1", 80).ended(-ETIMEDOUT, 131'072'000));
  all.push_back(CannedAttempt().to("192.0.2.1", 81).ended(0, 77, ST_CONNECT_CLOSED));
  all.push_back(
      CannedAttempt().to("192.0.2.1", 82).ended(0, 8, ST_CONNECT_DEFERRED | ST_CONNECT_UNFOLLOWED));
  all.push_back(CannedAttempt().to("192.0.2.1", 82).ended(-ECONNREFUSED, 8, ST_CONNECT_DEFERRED));
  all.push_back(CannedAttempt().to("192.0.2.1", 82).went("192.0.2.1", 82).ended(0, 9));
  all.push_back(CannedAttempt().to("192.0.2.1", 82).went("192.0.2.2", 82).ended(0, 9));
  all.push_back(CannedAttempt().to("192.0.2.1", 82).went("192.0.2.1", 83).ended(0, 9));
  all.push_back(CannedAttempt().to("0.0.0.0", 82).went("127.0.0.1", 82).ended(0, 9));
  all.push_back(CannedAttempt().to("192.0.2.1", 82).went("::ffff:192.0.2.1", 82).ended(0, 9));
  all.push_back(CannedAttempt().went("2001:db8::1", 82).ended(0, 9, ST_CONNECT_FAULT));
  all.push_back(CannedAttempt().to("192.0.2.1", 83).ended(0, 9, ST_CONNECT_LATE));
  all.push_back(CannedAttempt().to_family(AF_UNIX, "/run/docker.sock"sv).ended(0, 11));
  all.push_back(CannedAttempt().to_family(AF_UNIX, "\0abs tract\x1b"sv).ended(-ECONNREFUSED, 12));
  all.push_back(CannedAttempt().to_family(AF_NETLINK, "\0\0\x7b\0\0\0\x11\0\0\0"sv).ended(0, 13));
  all.push_back(CannedAttempt()
                    .to_family(AF_VSOCK, "\0\0\0\x04\0\0\x02\0\0\0\0\0\0\0"sv)
                    .ended(-EINPROGRESS, 14, ST_CONNECT_UNFOLLOWED));
  all.push_back(CannedAttempt().to_family(AF_UNSPEC, "").ended(0, 15));
  all.push_back(CannedAttempt().to_family(57, "\x01\x02"sv).ended(-EAFNOSUPPORT, 16));
  all.push_back(CannedAttempt().to_bytes("").ended(-EINVAL, 17));
  all.push_back(CannedAttempt().ended(-EFAULT, 18, ST_CONNECT_NO_ADDRESS));
  all.push_back(CannedAttempt().to("192.0.2.1", 84).ended(-512, 19));
  all.push_back(CannedAttempt().to("192.0.2.1", 85).ended(-4000, 20));
  all.push_back(CannedAttempt()
                    .comm("kworker/0:1")
                    .to("192.0.2.9", 2049)
                    .ended(0, 21, ST_CONNECT_KERNEL | ST_CONNECT_NO_CALL)
                    .exe(""));
  all.push_back(CannedAttempt().comm("gone\n").to("192.0.2.9", 1).ended(0, 22).exe(""));
  all.push_back(CannedAttempt()
                    .to("192.0.2.9", 2)
                    .ended(0, 23, ST_CONNECT_EXE_CUT | ST_CONNECT_ARGS_CUT)
                    .texts("my prog\0deep\0"sv, "my prog\0-a\0b c\0\x1b\0cut her"sv, ""));
  all.push_back(CannedAttempt()
                    .to("140.82.118.3", 443)
                    .ended(0, 24)
                    .texts("curl\0bin\0usr\0"sv, "curl\0github.com\0"sv, "github.com"));
  all.push_back(CannedAttempt()
                    .to("140.82.118.3", 443)
                    .ended(0, 25, ST_CONNECT_HOST_FOREIGN)
                    .texts("curl\0bin\0usr\0"sv, "curl\0"sv, "evil\x1b[2J name"));
  all.back().told.uid = all.back().told.real_uid = 4'000'000'000;
  all.push_back(CannedAttempt().to("192.0.2.1", 22).ended(0, 26));
  all.back().told.uid = 0;
  return all;
}

Users users() {
  const std::string path = "/tmp/socketrace-passwd-" + std::to_string(::getpid());
  std::ofstream(path) << "root:x:0:0::/:/bin/sh\nxdp:x:1000:1000::/:/bin/sh\n";
  Users users = Users::read(path.c_str());
  std::remove(path.c_str());
  return users;
}

std::string lines(const Connect& wanted, const AsTable* networks = nullptr,
                  TimestampStyle timestamp = TimestampStyle::none) {
  ::setenv("TZ", "UTC0", 1);
  View view;
  view.timestamp = timestamp;
  const Users known = users();
  ConnectFormat format(view, wanted, known, networks, kRealtimeOffset);
  Buffer out(4096);
  format.put_header(out);
  for (const CannedAttempt& one : attempts()) format.put_attempt(out, one.attempt());
  return std::string(out.view());
}

}  // namespace

TEST_CASE("attempts as a table") {
  check_golden("connect_table.txt", lines(Connect{}));
}

TEST_CASE("attempts with every column") {
  AsTable networks;
  uint64_t line = 0;
  networks.add_lines("140.82.112.0\t140.82.127.255\t36459\tUS\tGITHUB - GitHub, Inc.\n", "test",
                     line);
  networks.finish();
  Connect wanted;
  wanted.args = wanted.host = true;
  check_golden("connect_wide.txt", lines(wanted, &networks));
}

TEST_CASE("attempts in soconnect's columns and words") {
  Connect wanted;
  wanted.style = ConnectStyle::soconnect;
  check_golden("connect_soconnect.txt", lines(wanted));
}

TEST_CASE("a timestamp of another style takes the place of the time of day") {
  CHECK(lines(Connect{}, nullptr, TimestampStyle::monotonic).starts_with("TIME             AF "));
  Connect wanted;
  wanted.style = ConnectStyle::soconnect;
  CHECK(lines(wanted, nullptr, TimestampStyle::relative).starts_with("TIME           PID"));
}

TEST_CASE("soconnect's own sample") {
  // soconnect(8): the three of its example, but for FAM of the IPv6 one, which is 10.
  Connect wanted;
  wanted.style = ConnectStyle::soconnect;
  ConnectFormat format(View{}, wanted, Users{}, nullptr, 0);
  Buffer out(512);
  const auto row = [&](const char* comm, uint32_t pid, const char* ip, uint16_t port, uint64_t us,
                       int result) {
    CannedAttempt one = CannedAttempt().comm(comm).to(ip, port).ended(result, us);
    one.told.event.tgid = pid;
    format.put_attempt(out, one.attempt());
  };
  format.put_header(out);
  row("ssh", 11448, "127.0.0.1", 22, 43, 0);
  row("curl", 11451, "2406:da00:ff00::36d0", 80, 3, -ENETUNREACH);
  row("curl", 11451, "52.24.119.28", 80, 19, -EINPROGRESS);
  CHECK(out.view() ==
        "PID    PROCESS          FAM ADDRESS          PORT   LAT(us) RESULT\n"
        "11448  ssh              2   127.0.0.1        22          43 Success\n"
        "11451  curl             10  2406:da00:ff00::36d0 80           3 Network unreachable\n"
        "11451  curl             2   52.24.119.28     80          19 In progress\n");
}
