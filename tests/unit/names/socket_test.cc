// SPDX-License-Identifier: BSD-2-Clause
#include "names/socket.h"

#include <doctest/doctest.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

using namespace socketrace;

TEST_CASE("names: states of sockets that count as TCP does") {
  CHECK(sock_state_name(AF_INET, BPF_TCP_ESTABLISHED) == "ESTABLISHED");
  CHECK(sock_state_name(AF_INET6, BPF_TCP_NEW_SYN_RECV) == "NEW_SYN_RECV");
  CHECK(sock_state_name(AF_UNIX, BPF_TCP_LISTEN) == "LISTEN");
  CHECK(sock_state_name(AF_VSOCK, BPF_TCP_CLOSING) == "CLOSING");
  CHECK(sock_state_name(AF_INET, 13) == "BOUND_INACTIVE");
  CHECK(sock_state_name(AF_INET, 14) == "");
  CHECK(sock_state_name(AF_INET, 255) == "");
}

TEST_CASE("names: states that mean something else elsewhere") {
  CHECK(sock_state_name(AF_NETLINK, 0) == "UNCONNECTED");
  CHECK(sock_state_name(AF_NETLINK, 1) == "CONNECTED");
  CHECK(sock_state_name(AF_NETLINK, BPF_TCP_CLOSE) == "CLOSE");
  CHECK(sock_state_name(AF_BLUETOOTH, 2) == "");  // BT_OPEN
}

TEST_CASE("names: protocols by family") {
  CHECK(protocol_name_in(AF_INET, IPPROTO_TCP) == "IPPROTO_TCP");
  CHECK(protocol_name_in(AF_INET6, 262) == "IPPROTO_MPTCP");
  CHECK(protocol_name_in(AF_NETLINK, 6) == "NETLINK_XFRM");
  CHECK(protocol_name_in(AF_NETLINK, 17) == "");
  CHECK(protocol_name_in(AF_NETLINK, 23) == "");
  CHECK(protocol_name_in(AF_UNIX, 6) == "");
}

TEST_CASE("names: types and socket states, and their ends") {
  CHECK(socket_type_name(SOCK_STREAM) == "SOCK_STREAM");
  CHECK(socket_type_name(0) == "");
  CHECK(socket_type_name(7) == "");
  CHECK(socket_type_name(11) == "");
  CHECK(socket_state_name(0) == "FREE");
  CHECK(socket_state_name(3) == "CONNECTED");
  CHECK(socket_state_name(5) == "");
}

TEST_CASE("names: a number without a name prints as a number") {
  Buffer out(16);
  put_name(out, socket_type_name(9), 9);
  out.put(' ');
  put_name(out, socket_type_name(2), 2);
  CHECK(out.view() == "9 SOCK_DGRAM");
}
