// SPDX-License-Identifier: BSD-2-Clause
// Records as the kernel side would write them.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "events/decode.h"
#include "select/target.h"

namespace socketrace {

inline Target target(const char* name, uint64_t address = 0, const char* module = "") {
  Target target;
  target.name = name;
  target.module = module;
  target.address = address;
  return target;
}

struct Canned {
  st_record record = {};

  Canned() {
    event().length = sizeof(st_event);
    event().cpu = 0;
    event().tgid = event().tid = 926;
    event().object = event().sock = 0xffff888100000000;
    event().time_ns = 12'345'678'901'234;
    comm("sshd");
  }

  st_event& event() { return record.event; }
  st_details& details() { return record.details; }

  Canned& comm(std::string_view text) {
    std::memset(event().comm, 0, sizeof(event().comm));
    text.copy(event().comm, sizeof(event().comm));
    return *this;
  }
  Canned& flags(unsigned flags) {
    event().flags = static_cast<uint16_t>(event().flags | flags);
    return *this;
  }
  Canned& func(uint32_t index) {
    event().func = index;
    return *this;
  }
  Canned& at_ip(uint64_t ip) {
    event().func = ST_FUNC_UNKNOWN;
    event().ip = ip;
    return *this;
  }
  Canned& kind(st_kind kind) {
    event().kind = static_cast<uint8_t>(kind);
    return *this;
  }
  Canned& ifindex(uint32_t index) {
    event().ifindex = index;
    return *this;
  }
  Canned& family(unsigned family, unsigned protocol, unsigned type = 0, unsigned state = 0) {
    event().family = static_cast<uint16_t>(family);
    event().protocol = static_cast<uint16_t>(protocol);
    event().type = static_cast<uint16_t>(type);
    event().state = static_cast<uint8_t>(state);
    event().netns = 4026531840;
    return *this;
  }
  Canned& inet(const char* local, uint16_t local_port, const char* remote, uint16_t remote_port) {
    REQUIRE(inet_pton(event().family, local, event().local.bytes) == 1);
    REQUIRE(inet_pton(event().family, remote, event().remote.bytes) == 1);
    event().local_port = local_port;
    event().remote_port = remote_port;
    return *this;
  }
  Canned& names(std::string_view local, uint64_t inode, std::string_view peer = "",
                uint64_t peer_inode = 0) {
    st_unix& names = record.unix_names;
    names.local_len = static_cast<uint16_t>(local.copy(names.local_name, ST_UNIX_NAME_LEN));
    names.peer_len = static_cast<uint16_t>(peer.copy(names.peer_name, ST_UNIX_NAME_LEN));
    names.local_inode = inode;
    names.peer_inode = peer_inode;
    return reaches(offsetof(st_record, frames), ST_SECTION_UNIX);
  }
  // What the socket says where the packet, whose ends are the event's, says otherwise.
  Canned& sock_ends(const char* local, uint16_t local_port, const char* remote,
                    uint16_t remote_port) {
    return more_ends(record.more.sock, local, local_port, remote, remote_port);
  }
  Canned& about(const char* source, uint16_t source_port, const char* destination,
                uint16_t destination_port) {
    return more_ends(record.more.about, source, source_port, destination, destination_port);
  }
  Canned& sock_netns(uint32_t inode) {
    record.more.sock_netns = inode;
    return reaches(offsetof(st_record, details), ST_SECTION_ENDS);
  }
  Canned& with_details() { return reaches(offsetof(st_record, unix_names), ST_SECTION_DETAILS); }
  Canned& stack(const std::vector<uint64_t>& frames) {
    std::memcpy(record.frames, frames.data(), frames.size() * sizeof(uint64_t));
    return reaches(offsetof(st_record, frames) + frames.size() * sizeof(uint64_t),
                   ST_SECTION_STACK);
  }

  Hit hit() const {
    Hit hit;
    REQUIRE(decode(std::as_bytes(std::span(&record, 1)), hit));
    return hit;
  }

 private:
  Canned& more_ends(st_ends& ends, const char* local, uint16_t local_port, const char* remote,
                    uint16_t remote_port) {
    ends.family = strchr(local, ':') != nullptr ? AF_INET6 : AF_INET;
    ends.protocol = event().protocol;
    REQUIRE(inet_pton(ends.family, local, ends.local.bytes) == 1);
    REQUIRE(inet_pton(ends.family, remote, ends.remote.bytes) == 1);
    ends.local_port = local_port;
    ends.remote_port = remote_port;
    return reaches(offsetof(st_record, details), ST_SECTION_ENDS);
  }
  Canned& reaches(size_t length, unsigned section) {
    if (event().length < length) event().length = static_cast<uint32_t>(length);
    event().sections = static_cast<uint16_t>(event().sections | section);
    return *this;
  }
};

inline Canned ipv4_hit() {
  return Canned()
      .family(AF_INET, IPPROTO_TCP, SOCK_STREAM, 1)
      .inet("192.168.64.2", 22, "192.168.64.1", 55856);
}

}  // namespace socketrace
