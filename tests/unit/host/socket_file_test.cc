// SPDX-License-Identifier: BSD-2-Clause
#include "host/socket_file.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "base/fd.h"

using namespace socketrace;

TEST_CASE("the device is that of the mount, not of the subvolume") {
  const std::string_view fdinfo = "pos:\t0\nflags:\t012000000\nmnt_id:\t36\n";
  CHECK(device_of_mount(fdinfo,
                        "35 1 0:25 / / rw - btrfs /dev/sda rw\n"
                        "36 35 259:300 /home /home rw - btrfs /dev/sda rw\n") ==
        (259U << 20 | 300U));
  CHECK_FALSE(device_of_mount(fdinfo, "35 1 0:25 / / rw - btrfs /dev/sda rw\n"));
  CHECK_FALSE(device_of_mount(fdinfo, "36 35 x:25 / / rw\n36\n\n"));
  CHECK_FALSE(device_of_mount("pos:\t0\n", "0 1 0:25 / / rw\n"));
  CHECK_FALSE(device_of_mount("mnt_id:\t", "36 1 0:25 / / rw\n"));
}

TEST_CASE("a socket's file is found by any path to it, other files are not") {
  std::string folder = "/tmp/socketrace-file-XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/s";
  const std::string link = folder + "/link";
  const Fd sock(socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  REQUIRE(path.copy(name.sun_path, sizeof name.sun_path - 1) == path.size());
  REQUIRE(bind(sock.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  REQUIRE(symlink("s", link.c_str()) == 0);
  struct stat status = {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  for (const std::string& one : {path, link}) {
    const auto found = find_socket_file(one);
    REQUIRE(found);
    CHECK(found->inode == status.st_ino);
    CHECK(found->device != 0);
    CHECK(found->name == "s");
    REQUIRE(stat(folder.c_str(), &status) == 0);
    CHECK(found->folder == status.st_ino);
    REQUIRE(stat(path.c_str(), &status) == 0);
  }
  CHECK_FALSE(find_socket_file(folder));
  CHECK_FALSE(find_socket_file(folder + "/none"));
  unlink(link.c_str());
  unlink(path.c_str());
  rmdir(folder.c_str());
}
