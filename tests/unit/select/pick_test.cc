// SPDX-License-Identifier: BSD-2-Clause
#include "select/pick.h"

#include <doctest/doctest.h>
#include <linux/btf.h>

#include <string>

#include "unit/select/toy_btf.h"

using namespace socketrace;

namespace {

// "name kind arg type" of each target, then "-name: reason" of each skipped function.
// Uses the toy up: by reference, for each SUBCASE has one of its own, which clang-tidy does not
// know.
std::string pick(ToyBtf& toy, const Selection& selection = {}) {
  const TypesPtr types = std::move(toy).types();
  const auto picked = pick_by_type(*types, selection);
  if (!picked) return "error: " + picked.error().text();
  std::string text;
  for (const Target& target : picked->targets) {
    constexpr const char* kKinds[] = {"sock", "socket", "sk_buff"};
    text += target.name + " " + kKinds[target.kind] + " " + std::to_string(target.arg) +
            (target.is_const ? " const " : " ") + target.type_name + "\n";
  }
  for (const Skipped& skipped : picked->skipped) {
    text += "-" + skipped.name + ": " + skipped.reason + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a function is a target by the type of its arguments") {
  ToyBtf toy;
  toy.function("a", 0, {toy.int32, toy.pointer(toy.sock)});
  toy.function("b", 0, {toy.pointer(toy.socket)});
  toy.function("c", 0, {toy.int32, toy.int64, toy.pointer(toy.sk_buff)});
  toy.function("none", 0, {toy.int32, toy.pointer(toy.int32), toy.pointer(0)});
  toy.function("no_arguments", 0, {});
  toy.function("returns_one", toy.pointer(toy.sock), {});
  CHECK(pick(toy) == "a sock 2 sock\nb socket 1 socket\nc sk_buff 3 sk_buff\n");
}

TEST_CASE("modifiers and typedefs are skipped on both sides of the pointer") {
  ToyBtf toy;
  btf* b = toy.get();
  const int sock_t = btf__add_typedef(b, "sock_t", toy.sock);
  const int tagged = btf__add_type_tag(b, "rcu", btf__add_volatile(b, btf__add_const(b, sock_t)));
  const int inner = toy.pointer(tagged);
  const int outer = btf__add_typedef(b, "sock_p", btf__add_restrict(b, btf__add_const(b, inner)));
  toy.function("all", 0, {outer});
  toy.function("const_pointer", 0, {btf__add_const(b, toy.pointer(toy.sock))});
  CHECK(pick(toy) == "all sock 1 const sock\nconst_pointer sock 1 sock\n");
}

TEST_CASE("a pointer to a pointer does not count") {
  ToyBtf toy;
  const int pp = toy.pointer(toy.pointer(toy.sock));
  toy.function("only", 0, {pp});
  toy.function("then_real", 0, {pp, toy.pointer(toy.sock)});
  CHECK(pick(toy) == "then_real sock 2 sock\n");
}

TEST_CASE("what begins with a sock is a sock; what holds one elsewhere is not") {
  ToyBtf toy;
  const int inet = toy.structure("inet_sock", 900, {toy.sock, toy.int32});
  const int tcp = toy.structure("tcp_sock", 2000, {btf__add_typedef(toy.get(), "inet_t", inet)});
  const int request = toy.structure("request_sock", 300, {toy.sock_common});
  const int later = toy.structure("holder", 800, {toy.int64, toy.sock});
  const int pointing = toy.structure("pointing", 8, {toy.pointer(toy.sock)});
  const int moved = btf__add_struct(toy.get(), "moved", 800);
  btf__add_field(toy.get(), "sk", toy.sock, 64, 0);
  const int box = btf__add_union(toy.get(), "sock", 8);
  toy.function("f_tcp", 0, {toy.pointer(tcp)});
  toy.function("f_request", 0, {toy.int32, toy.pointer_to_const(request)});
  toy.function("f_later", 0, {toy.pointer(later)});
  toy.function("f_pointing", 0, {toy.pointer(pointing)});
  toy.function("f_moved", 0, {toy.pointer(moved)});
  toy.function("f_union", 0, {toy.pointer(box)});
  CHECK(pick(toy) == "f_request sock 2 const request_sock\nf_tcp sock 1 tcp_sock\n");
}

TEST_CASE("first match wins, and sock before socket before sk_buff") {
  ToyBtf toy;
  const int sk = toy.pointer(toy.sock);
  const int so = toy.pointer(toy.socket);
  const int skb = toy.pointer(toy.sk_buff);
  toy.function("two_socks", 0, {toy.int32, sk, toy.int32, sk});
  toy.function("all", 0, {skb, so, sk});
  toy.function("no_sock", 0, {skb, so});
  Selection selection;
  SUBCASE("all kinds") {
    CHECK(pick(toy) == "all sock 3 sock\nno_sock socket 2 socket\ntwo_socks sock 2 sock\n");
  }
  SUBCASE("sk_buff only") {
    selection.kinds = {.sock = false, .socket = false, .sk_buff = true, .given = true};
    CHECK(pick(toy, selection) == "all sk_buff 1 sk_buff\nno_sock sk_buff 1 sk_buff\n");
  }
}

TEST_CASE("beyond the fifth register: skipped with a reason, unless another kind is in reach") {
  ToyBtf toy;
  const int i = toy.int32;
  const int sk = toy.pointer(toy.sock);
  toy.function("fifth", 0, {i, i, i, i, sk});
  toy.function("sixth", 0, {i, i, i, i, i, sk});
  toy.function("ninth", 0, {i, i, i, i, i, i, i, i, sk});
  toy.function("other_kind", 0, {i, toy.pointer(toy.sk_buff), i, i, i, sk});
  CHECK(
      pick(toy) ==
      "fifth sock 5 sock\nother_kind sk_buff 2 sk_buff\n"
      "-ninth: its struct sock * is parameter 9: beyond the five argument registers that are read\n"
      "-sixth: its struct sock * is parameter 6: beyond the five argument registers that are "
      "read\n");
}

TEST_CASE("a register that is not known is no target") {
  ToyBtf toy;
  const int opaque = btf__add_fwd(toy.get(), "opaque", BTF_FWD_STRUCT);
  toy.function("f", 0, {opaque, toy.pointer(toy.sock)});
  toy.function("before", 0, {toy.pointer(toy.sock), opaque});
  CHECK(pick(toy) ==
        "before sock 1 sock\n"
        "-f: its struct sock * is parameter 2: which register carries it is not known\n");
}

#if defined(__x86_64__)
TEST_CASE("the register counts, not the position") {
  ToyBtf toy;
  const int pair = toy.structure("pair", 16, {toy.int64, toy.int64});
  const int large = toy.structure("large", 40, {toy.int64});
  toy.function("after_pair", 0, {pair, toy.pointer(toy.sock)});
  toy.function("after_large", 0, {large, toy.int32, toy.pointer(toy.sock)});
  toy.function("returns_large", large, {toy.pointer(toy.sock)});
  CHECK(pick(toy) ==
        "after_large sock 2 sock\nafter_pair sock 3 sock\nreturns_large sock 2 sock\n");
}
#endif

TEST_CASE("the arguments after the named ones of a variadic function are not looked at") {
  ToyBtf toy;
  toy.function("logs", 0, {toy.pointer(toy.sock), toy.int32, 0});
  CHECK(pick(toy) == "logs sock 1 sock\n");
}

TEST_CASE("functions of one name: one target when alike, none when not") {
  ToyBtf toy;
  const int by_sock = toy.proto(0, {toy.pointer(toy.sock)});
  toy.function("alike", by_sock);
  toy.function("alike", toy.int32, {toy.pointer(toy.sock), toy.int32});
  toy.function("moved", by_sock);
  toy.function("moved", 0, {toy.int32, toy.pointer(toy.sock)});
  toy.function("partly", 0, {toy.int32});
  toy.function("partly", by_sock);
  toy.function("partly", by_sock);
  toy.function("unrelated", 0, {toy.int32});
  toy.function("unrelated", 0, {});
  CHECK(pick(toy) ==
        "alike sock 1 sock\n"
        "-moved: several functions of this name, unlike each other\n"
        "-partly: several functions of this name, unlike each other\n");
}

TEST_CASE("a function whose name is no symbol's is passed over") {
  ToyBtf toy;
  const int by_sock = toy.proto(0, {toy.pointer(toy.sock)});
  std::string bytes;
  toy.function("good.name$1", by_sock);
  toy.function("evilXname", by_sock);
  bytes = toy.bytes();
  bytes.replace(bytes.find("evilXname"), 9, "evil\033[2J ");
  TypesPtr types(new Types);
  types->kernel = parse_btf(bytes).value();
  const auto picked = pick_by_type(*types, {});
  REQUIRE(picked);
  REQUIRE(picked->targets.size() == 1);
  CHECK(picked->targets[0].name == "good.name$1");
}

TEST_CASE("BTF without functions says why") {
  ToyBtf toy;
  CHECK(pick(toy) ==
        "error: toy describes no functions: the kernel's BTF was made by pahole older than 1.16");
}

TEST_CASE("patterns choose names, and a bad one is a usage error") {
  ToyBtf toy;
  const int by_sock = toy.proto(0, {toy.pointer(toy.sock)});
  for (const char* name : {"tcp_sendmsg", "tcp_recvmsg", "bpf_sk_fullsock", "rcu_free_sock"}) {
    toy.function(name, by_sock);
  }
  Selection selection;
  SUBCASE("full match") {
    selection.include_pattern = "(tcp|tcp_sendmsg)";
    CHECK(pick(toy, selection) == "tcp_sendmsg sock 1 sock\n");
  }
  SUBCASE("exclude") {
    selection.exclude_pattern = "tcp_s.*|rcu.*";
    CHECK(pick(toy, selection) == "tcp_recvmsg sock 1 sock\n");
  }
  SUBCASE("a pattern asks for glue, but not for what is never traced") {
    selection.include_pattern = "bpf.*|rcu.*";
    CHECK(pick(toy, selection) ==
          "bpf_sk_fullsock sock 1 sock\n"
          "-rcu_free_sock: never traced: every probe runs it itself\n");
  }
  SUBCASE("each name of a plain list that is not picked is explained") {
    toy.function("kfree", toy.proto(0, {toy.int32}));
    selection.include_pattern = "tcp_sendmsg|nothing|kfree|tcp_recvmsg";
    selection.exclude_pattern = "tcp_recvmsg";
    CHECK(pick(toy, selection) ==
          "tcp_sendmsg sock 1 sock\n"
          "-nothing: the kernel's BTF knows no function of this name (inlined, renamed, or its "
          "module is not loaded)\n"
          "-kfree: none of its parameters leads to a socket of the types that are traced\n");
  }
  SUBCASE("nothing matches: no error here") {
    selection.include_pattern = "nothing.*";
    CHECK(pick(toy, selection).empty());
  }
}

TEST_CASE("module functions: types of the kernel, copies and declarations in the split part") {
  ToyBtf kernel;
  kernel.function("everywhere", 0, {kernel.pointer(kernel.sock)});
  const int shared = kernel.proto(0, {kernel.int32, kernel.pointer(kernel.sk_buff)});

  ToyBtf one(kernel);
  one.function("refers", 0, {one.pointer(kernel.sock)});
  one.function("shares", shared);
  // The same ids as in `one`, for other things.
  ToyBtf two(kernel);
  const int declared = btf__add_fwd(two.get(), "sk_buff", BTF_FWD_STRUCT);
  const int copy = two.structure("sock", 700, {kernel.int32});
  two.function("copies", 0, {kernel.int32, two.pointer(copy)});
  two.function("declares", 0, {two.pointer(declared)});
  two.function("everywhere", 0, {kernel.int32, kernel.int32, two.pointer(copy)});

  TypesPtr types(new Types);
  types->kernel = std::move(kernel).release();
  types->modules.push_back({"one", std::move(one).release()});
  types->modules.push_back({"two", std::move(two).release()});
  const auto picked = pick_by_type(*types, {});
  REQUIRE(picked);
  std::string text;
  for (const Target& target : picked->targets) {
    text += target.name + "[" + target.module + "]" + std::to_string(target.kind) +
            std::to_string(target.arg) + " ";
  }
  CHECK(text ==
        "copies[two]02 declares[two]21 everywhere[]01 everywhere[two]03 refers[one]01 "
        "shares[one]22 ");
}
