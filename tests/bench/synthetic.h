// SPDX-License-Identifier: BSD-2-Clause
// A ring full of records as traffic would give them: many sockets, a few processes, hundreds of
// functions; mostly TCP over IPv4. The same ones on every run.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bpf/contract/event.h"
#include "select/target.h"

namespace socketrace {

inline std::vector<Target> synthetic_targets(size_t count = 1500) {
  std::vector<Target> targets(count);
  for (size_t i = 0; i < count; ++i) {
    targets[i].name = "tcp_function_" + std::to_string(i * 7919 % 100000);
    if (i % 10 == 0) targets[i].module = "nf_conntrack";
    targets[i].address = 0xffffffff81000000 + i * 0x200;
  }
  return targets;
}

inline std::string synthetic_kallsyms(size_t count = 100000) {
  std::string text;
  char line[64];
  for (size_t i = 0; i < count; ++i) {
    text.append(line, static_cast<size_t>(snprintf(line, sizeof(line), "%zx T some_function_%zu\n",
                                                   0xffffffff81000000 + i * 0x200, i)));
  }
  return text;
}

enum class Mix { ipv4, every_family, stacks };

class SyntheticRing {
 public:
  SyntheticRing(size_t count, Mix mix) {
    std::mt19937 random(7);
    uint64_t now = 12'345'000'000'000;
    for (size_t i = 0; i < count; ++i) {
      st_record record = {};
      st_event& event = record.event;
      now += random() % 4000;
      event.time_ns = now;
      event.cpu = static_cast<uint32_t>(random() % 16);
      event.tgid = event.tid = 900 + static_cast<uint32_t>(random() % 60000);
      event.func = static_cast<uint32_t>(random() % 1500);
      event.object = event.sock = 0xffff888100000000 + random() % 4096 * 1088;
      event.netns = 4026531840;
      event.state = 1;
      static constexpr const char* kComms[] = {"sshd", "nginx", "ksoftirqd/3", "postgres", "curl"};
      std::strcpy(event.comm, kComms[random() % 5]);
      size_t length = sizeof(st_event);
      const auto kind = mix == Mix::every_family ? random() % 4 : 0;
      if (kind <= 1) {
        event.family = kind == 0 ? AF_INET : AF_INET6;
        event.protocol = random() % 4 == 0 ? IPPROTO_UDP : IPPROTO_TCP;
        event.type = SOCK_STREAM;
        for (uint8_t& byte : event.local.bytes) byte = static_cast<uint8_t>(random());
        for (uint8_t& byte : event.remote.bytes) byte = static_cast<uint8_t>(random());
        event.local_port = static_cast<uint16_t>(random());
        event.remote_port = static_cast<uint16_t>(random());
      } else if (kind == 2) {
        event.family = AF_UNIX;
        event.sections |= ST_SECTION_UNIX;
        event.flags |= ST_HIT_PEER_NAME;
        length = offsetof(st_record, frames);
        record.unix_names.local_inode = 20000 + random() % 1000;
        record.unix_names.peer_inode = 20000 + random() % 1000;
        record.unix_names.local_len = 28;
        std::strcpy(record.unix_names.local_name, "/run/systemd/journal/stdout");
      } else {
        event.family = AF_NETLINK;
        event.local.netlink.portid = static_cast<uint32_t>(random() % 65536);
      }
      if (mix == Mix::stacks) {
        event.sections |= ST_SECTION_STACK;
        for (size_t frame = 0; frame < 7; ++frame) {
          record.frames[frame] = 0xffffffff81000000 + random() % 1500 * 0x200 + 0x40;
        }
        length = offsetof(st_record, frames) + 7 * sizeof(uint64_t);
      }
      event.length = static_cast<uint32_t>(length);
      const size_t at = words_.size();
      words_.resize(at + length / sizeof(uint64_t));
      std::memcpy(&words_[at], &record, length);
      ends_.push_back(words_.size());
    }
  }

  size_t size() const { return ends_.size(); }
  std::span<const std::byte> operator[](size_t i) const {
    const size_t start = i == 0 ? 0 : ends_[i - 1];
    return std::as_bytes(std::span(words_).subspan(start, ends_[i] - start));
  }

 private:
  std::vector<uint64_t> words_;
  std::vector<size_t> ends_;
};

}  // namespace socketrace
