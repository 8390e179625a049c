// SPDX-License-Identifier: BSD-2-Clause
// Attempts to connect as the kernel side would tell them.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "events/decode_connect.h"

namespace socketrace {

struct CannedAttempt {
  st_connect told = {};

  CannedAttempt() {
    told.event.time_ns = 12'345'678'901'234;
    told.event.tgid = told.event.tid = 8549;
    told.uid = told.real_uid = 1000;
    told.fd = 5;
    told.latency_ns = 43'999;
    comm("curl").exe(std::string_view("curl\0bin\0usr\0", 13));
  }

  CannedAttempt& comm(std::string_view text) {
    std::memset(told.event.comm, 0, sizeof(told.event.comm));
    text.copy(told.event.comm, sizeof(told.event.comm));
    return *this;
  }
  CannedAttempt& to(const char* ip, uint16_t port) {
    sockaddr_in in = {};
    sockaddr_in6 in6 = {};
    if (inet_pton(AF_INET, ip, &in.sin_addr) == 1) {
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      return to_bytes({reinterpret_cast<const char*>(&in), sizeof(in)});
    }
    REQUIRE(inet_pton(AF_INET6, ip, &in6.sin6_addr) == 1);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    return to_bytes({reinterpret_cast<const char*>(&in6), sizeof(in6)});
  }
  // What the socket says of its other end.
  CannedAttempt& went(const char* ip, uint16_t port) {
    told.event.family = inet_pton(AF_INET, ip, told.event.remote.bytes) == 1 ? AF_INET : AF_INET6;
    if (told.event.family == AF_INET6)
      REQUIRE(inet_pton(AF_INET6, ip, told.event.remote.bytes) == 1);
    told.event.remote_port = port;
    told.flags |= ST_CONNECT_ENDS;
    return *this;
  }
  CannedAttempt& to_family(uint16_t family, std::string_view rest) {
    std::string bytes(reinterpret_cast<const char*>(&family), sizeof(family));
    return to_bytes(bytes.append(rest));
  }
  CannedAttempt& to_bytes(std::string_view bytes) {
    std::memcpy(told.address, bytes.data(), bytes.size());
    told.address_length = static_cast<uint32_t>(bytes.size());
    told.address_taken = static_cast<uint16_t>(bytes.size());
    return *this;
  }
  CannedAttempt& ended(int result, uint64_t latency_us, unsigned flags = 0) {
    told.result = result;
    told.latency_ns = latency_us * 1000;
    told.flags |= flags;
    return *this;
  }
  CannedAttempt& exe(std::string_view text) { return texts(text, {}, {}); }
  CannedAttempt& texts(std::string_view exe, std::string_view args, std::string_view host) {
    size_t at = exe.copy(told.text, ST_TEXT_LEN);
    at += args.copy(told.text + at, ST_TEXT_LEN - at);
    at += host.copy(told.text + at, ST_TEXT_LEN - at);
    told.exe_length = static_cast<uint16_t>(exe.size());
    told.args_length = static_cast<uint16_t>(args.size());
    told.host_length = static_cast<uint16_t>(host.size());
    told.event.length = static_cast<uint32_t>(offsetof(st_connect, text) + at);
    return *this;
  }

  Attempt attempt() const {
    Attempt attempt;
    REQUIRE(decode_connect(std::as_bytes(std::span(&told, 1)), attempt));
    return attempt;
  }
};

}  // namespace socketrace
