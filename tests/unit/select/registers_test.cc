// SPDX-License-Identifier: BSD-2-Clause
#include "select/registers.h"

#include <doctest/doctest.h>

#include <vector>

#include "unit/select/toy_btf.h"

using namespace socketrace;

namespace {

constexpr int kStack = 0;
constexpr int kUnknown = -1;

// Registers of the parameters in order.
std::vector<int> walk(ToyBtf& toy, Machine machine, int returns,
                      std::initializer_list<int> params) {
  RegisterWalk walk(toy.get(), machine, static_cast<uint32_t>(returns));
  std::vector<int> places;
  for (const int param : params) {
    const Place place = walk.next(static_cast<uint32_t>(param));
    places.push_back(place.where == Place::Where::unknown    ? kUnknown
                     : place.where == Place::Where::on_stack ? kStack
                                                             : static_cast<int>(place.number));
  }
  return places;
}

using Places = std::vector<int>;

}  // namespace

TEST_CASE("scalars and pointers take one register each, then the stack") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  CHECK(walk(toy, Machine::x86_64, 0, {p, 1, 2, p, 1, 2, p}) == Places{1, 2, 3, 4, 5, 6, kStack});
  CHECK(walk(toy, Machine::arm64, 0, {p, 1, 2, p, 1, 2, p, p, p}) ==
        Places{1, 2, 3, 4, 5, 6, 7, 8, kStack});
  CHECK(walk(toy, Machine::other, 0, {p, 1, 2}) == Places{1, 2, 3});
}

TEST_CASE("an aggregate by value: up to 16 bytes in registers, above by the machine's rule") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int one = toy.structure("one", 8, {toy.int64});
  const int two = toy.structure("two", 16, {toy.int64, toy.int64});
  const int large = toy.structure("large", 24, {toy.int64, toy.int64, toy.int64});
  const int empty = toy.structure("empty", 0, {});
  CHECK(walk(toy, Machine::x86_64, 0, {one, p}) == Places{1, 2});
  CHECK(walk(toy, Machine::x86_64, 0, {two, p}) == Places{1, 3});
  CHECK(walk(toy, Machine::x86_64, 0, {large, p}) == Places{kStack, 1});
  CHECK(walk(toy, Machine::x86_64, 0, {empty, p}) == Places{kStack, 1});
  CHECK(walk(toy, Machine::arm64, 0, {two, p}) == Places{1, 3});
  CHECK(walk(toy, Machine::arm64, 0, {large, p}) == Places{1, 2});
  CHECK(walk(toy, Machine::other, 0, {p, one, p}) == Places{1, kUnknown, kUnknown});
}

TEST_CASE("what no longer fits goes to the stack whole; x86-64 goes on with what is left") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int two = toy.structure("two", 16, {toy.int64, toy.int64});
  CHECK(walk(toy, Machine::x86_64, 0, {p, p, p, p, p, two, p}) == Places{1, 2, 3, 4, 5, kStack, 6});
  CHECK(walk(toy, Machine::arm64, 0, {p, p, p, p, p, p, p, two, p}) ==
        Places{1, 2, 3, 4, 5, 6, 7, kStack, kStack});
}

TEST_CASE("a large return value shifts everything on x86-64, nothing on arm64") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int two = toy.structure("two", 16, {toy.int64, toy.int64});
  const int large = toy.structure("large", 24, {toy.int64, toy.int64, toy.int64});
  CHECK(walk(toy, Machine::x86_64, large, {p}) == Places{2});
  CHECK(walk(toy, Machine::x86_64, two, {p}) == Places{1});
  CHECK(walk(toy, Machine::arm64, large, {p}) == Places{1});
  CHECK(walk(toy, Machine::other, large, {p}) == Places{kUnknown});
}

TEST_CASE("a packed struct with a member off its alignment is passed in memory on x86-64") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int packed = btf__add_struct(toy.get(), "packed", 12);
  btf__add_field(toy.get(), "a", toy.int32, 0, 0);
  btf__add_field(toy.get(), "b", toy.int64, 32, 0);
  CHECK(walk(toy, Machine::x86_64, 0, {packed, p}) == Places{kStack, 1});
  CHECK(walk(toy, Machine::x86_64, packed, {p}) == Places{2});
  CHECK(walk(toy, Machine::arm64, 0, {packed, p}) == Places{1, 3});
}

TEST_CASE("128-bit integers take two registers, an even pair on arm64") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int wide = btf__add_int(toy.get(), "__int128", 16, BTF_INT_SIGNED);
  CHECK(walk(toy, Machine::x86_64, 0, {p, wide, p}) == Places{1, 2, 4});
  CHECK(walk(toy, Machine::arm64, 0, {p, wide, p}) == Places{1, 3, 5});
  CHECK(walk(toy, Machine::other, 0, {wide, p}) == Places{kUnknown, kUnknown});
}

TEST_CASE("floats take no integer register; an aggregate with a float is not known") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int real = btf__add_float(toy.get(), "double", 8);
  const int pair = toy.structure("pair", 16, {real, toy.int64});
  CHECK(walk(toy, Machine::x86_64, 0, {real, p}) == Places{kStack, 1});
  CHECK(walk(toy, Machine::arm64, 0, {real, p}) == Places{kStack, 1});
  CHECK(walk(toy, Machine::x86_64, 0, {pair, p}) == Places{kUnknown, kUnknown});
  CHECK(walk(toy, Machine::x86_64, 0, {p, pair, p}) == Places{1, kUnknown, kUnknown});
}

TEST_CASE("types without end or without size give up, quickly") {
  ToyBtf toy;
  const int p = toy.pointer(toy.sock);
  const int fwd = btf__add_fwd(toy.get(), "opaque", BTF_FWD_STRUCT);
  CHECK(walk(toy, Machine::x86_64, 0, {fwd, p}) == Places{kUnknown, kUnknown});
  CHECK(walk(toy, Machine::x86_64, 0, {0, p}) == Places{kUnknown, kUnknown});
  CHECK(walk(toy, Machine::x86_64, 0, {123456, p}) == Places{kUnknown, kUnknown});
  // typedef -> itself
  const int next = static_cast<int>(btf__type_cnt(toy.get()));
  const int loop = btf__add_typedef(toy.get(), "loop", next);
  REQUIRE(loop == next);
  CHECK(walk(toy, Machine::x86_64, 0, {loop}) == Places{kUnknown});
  // struct s { struct s a, b, ...; }: 2^n members if followed
  const int self = static_cast<int>(btf__type_cnt(toy.get()));
  CHECK(toy.structure("s", 16, {self, self, self, self}, 0) == self);
  CHECK(walk(toy, Machine::x86_64, 0, {self, p}) == Places{kUnknown, kUnknown});
}
