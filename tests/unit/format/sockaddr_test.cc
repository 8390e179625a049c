// SPDX-License-Identifier: BSD-2-Clause
#include "format/sockaddr.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>

using namespace socketrace;

namespace {

std::string shown(const SocketAddress& address) {
  Buffer out(64);
  put_sockaddr(out, address);
  return std::string(out.view());
}
std::string shown(std::string_view bytes, unsigned protocol = 0) {
  SocketAddress address;
  address.length = static_cast<uint32_t>(bytes.size());
  address.bytes = bytes;
  address.protocol = protocol;
  return shown(address);
}
template <typename T>
std::string shown_struct(const T& address, unsigned protocol = 0) {
  return shown({reinterpret_cast<const char*>(&address), sizeof(address)}, protocol);
}
std::string unix_bytes(std::string_view name) {
  const sa_family_t family = AF_UNIX;
  std::string bytes(reinterpret_cast<const char*>(&family), sizeof(family));
  return bytes.append(name);
}
sockaddr_in6 in6(const char* text, uint16_t port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  return address;
}

}  // namespace

TEST_CASE("internet addresses") {
  sockaddr_in in = {};
  in.sin_family = AF_INET;
  in.sin_port = htons(80);
  in.sin_addr.s_addr = htonl(0x01020304);
  CHECK(shown_struct(in) == "1.2.3.4:80");
  // The kernel wants all 16 bytes; the address is in the first 8.
  CHECK(shown({reinterpret_cast<const char*>(&in), 8}) == "1.2.3.4:80");
  CHECK(shown({reinterpret_cast<const char*>(&in), 6}) == "AF_INET:00500102");

  CHECK(shown_struct(in6("2001:db8::1", 443)) == "[2001:db8::1]:443");
  CHECK(shown_struct(in6("::ffff:1.2.3.4", 0)) == "[::ffff:1.2.3.4]:0");
  sockaddr_in6 local = in6("fe80::1", 22);
  local.sin6_scope_id = 2;
  CHECK(shown_struct(local) == "[fe80::1%2]:22");
  // RFC 2133: no scope; what lies behind the 24 bytes is not read.
  CHECK(shown({reinterpret_cast<const char*>(&local), 24}) == "[fe80::1]:22");
}

TEST_CASE("unix names keep every byte that counts") {
  CHECK(shown(unix_bytes("/run/x.sock")) == "unix:/run/x.sock");
  CHECK(shown(unix_bytes(std::string_view("/run/x.sock\0garbage", 19))) == "unix:/run/x.sock");
  CHECK(shown(unix_bytes(std::string_view("\0abs\0x", 6))) == "unix:@abs\\x00x");
  CHECK(shown(unix_bytes("")) == "unix:-");
  CHECK(shown(unix_bytes("a b\x1b")) == "unix:a\\x20b\\x1b");
  CHECK(shown(unix_bytes(std::string(126, 'p'))) == "unix:" + std::string(108, 'p'));
}

TEST_CASE("other families have their own words") {
  sockaddr_nl nl = {};
  nl.nl_family = AF_NETLINK;
  nl.nl_pid = 123;
  nl.nl_groups = 0x11;
  CHECK(shown_struct(nl, NETLINK_ROUTE) == "netlink:ROUTE pid=123 groups=0x11");

  sockaddr_ll ll = {};
  ll.sll_family = AF_PACKET;
  ll.sll_protocol = htons(0x0800);
  ll.sll_ifindex = 2;
  CHECK(shown_struct(ll) == "packet:2/0x0800");

  sockaddr_vm vm = {};
  vm.svm_family = AF_VSOCK;
  vm.svm_cid = VMADDR_CID_HOST;
  vm.svm_port = 1024;
  CHECK(shown_struct(vm) == "vsock:2:1024");
  vm.svm_cid = VMADDR_CID_ANY;
  CHECK(shown_struct(vm) == "vsock:*:1024");

  const sa_family_t none = AF_UNSPEC;
  CHECK(shown_struct(none) == "unspec");
  const unsigned char can[] = {29, 0, 0xde, 0xad};
  CHECK(shown_struct(can) == "AF_CAN:dead");
  const unsigned char nobody[] = {57, 0};
  CHECK(shown_struct(nobody) == "AF_57:");
  std::string longest(128, '\x01');
  longest[0] = 29;
  longest[1] = 0;
  std::string want = "AF_CAN:";
  for (int i = 0; i < 32; ++i) want += "01";
  CHECK(shown(longest) == want + "...");
}

TEST_CASE("what is no address says so") {
  SocketAddress address;
  address.read = SocketAddress::Read::null;
  address.length = 16;
  CHECK(shown(address) == "NULL");
  address.read = SocketAddress::Read::yes;
  address.length = 1;
  address.bytes = "x";
  CHECK(shown(address) == "short(1)");
  address.read = SocketAddress::Read::fault;
  address.length = 16;
  address.bytes = {};
  CHECK(shown(address) == "?(EFAULT)");
  CHECK(address.family() == 0);
  // More was promised than there is.
  address.read = SocketAddress::Read::yes;
  address.bytes = std::string_view("\x02\x00", 2);
  CHECK(shown(address) == "AF_INET:");
}
