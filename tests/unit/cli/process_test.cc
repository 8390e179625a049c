// SPDX-License-Identifier: BSD-2-Clause
#include "cli/process.h"

#include <doctest/doctest.h>

#include <string>

using namespace socketrace;

TEST_CASE("a process id") {
  CHECK(*parse_pid("1") == 1);
  CHECK(*parse_pid("4194304") == 4194304);
  for (const char* wrong : {"0", "4194305", "-1", "", "1 ", "self", "0x1", "4294967297"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(parse_pid(wrong));
    CHECK(parse_pid(wrong).error().text() == "not a process id: want a number within 1..4194304");
  }
}

TEST_CASE("a process name, whole or by its beginning") {
  CHECK(parse_comm("sshd")->text == "sshd");
  CHECK_FALSE(parse_comm("sshd")->prefix);
  CHECK(parse_comm("ssh*")->text == "ssh");
  CHECK(parse_comm("ssh*")->prefix);
  CHECK(parse_comm("a*b")->text == "a*b");
  CHECK_FALSE(parse_comm("a*b")->prefix);
  CHECK(parse_comm("a**")->text == "a*");
  CHECK(parse_comm("tmux: server")->text == "tmux: server");
  CHECK(parse_comm("\xff\x1b")->text == "\xff\x1b");
}

TEST_CASE("a process name fits TASK_COMM_LEN") {
  CHECK(parse_comm("123456789012345")->text.size() == 15);
  CHECK(parse_comm("123456789012345*")->text.size() == 15);
  for (const char* wrong : {"1234567890123456", "1234567890123456*"}) {
    REQUIRE_FALSE(parse_comm(wrong));
    CHECK(parse_comm(wrong).error().text() ==
          "too long: the kernel keeps 15 bytes of a process name (TASK_COMM_LEN), want "
          "'123456789012345'");
  }
  for (const char* wrong : {"", "*"}) {
    REQUIRE_FALSE(parse_comm(wrong));
    CHECK(parse_comm(wrong).error().text() ==
          "matches nothing in particular: want a process name, or a prefix and *");
  }
}
