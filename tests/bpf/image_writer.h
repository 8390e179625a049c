// SPDX-License-Identifier: BSD-2-Clause
// Lays scenes out as the structs of the running kernel, by its BTF.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/bpf/image.h"
#include "tests/bpf/scene.h"

struct btf;

namespace scene {

// Of the traced function; 0: NULL.
struct Arguments {
  uint64_t object = 0;
  uint64_t packet = 0;  // the sk_buff beside a sock or socket
};

class ImageWriter {
 public:
  // Ends the program, saying why, when the kernel's structs lack a member or do not fit.
  ImageWriter(const btf* kernel, image& memory, uint64_t kernel_address);

  Arguments write(const Scene& scene, Random& random);

 private:
  struct Member {
    uint32_t bit = 0, bits = 0;
  };
  Member find(const char* type, const char* path) const;
  void learn(const char* type, const char* path, size_t room);
  template <typename T>
  void put(uint8_t* at, const char* member, T value);
  void put_bit(uint8_t* at, const char* member, bool value);

  void write_sock(const Scene& scene);
  void write_packet(const Scene& scene);
  static void write_headers(const Packet& packet, uint8_t* at);
  uint64_t address_of(const void* in_image) const;

  const btf* kernel_;
  image& memory_;
  uint64_t kernel_address_;
  std::map<std::string, Member> members_;  // "sock.sk_mark"
};

}  // namespace scene
