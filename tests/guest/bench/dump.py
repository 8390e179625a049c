#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside the guest: dump.py ROUNDS. `socketrace dump` beside strace and bpftrace's undump.bt: how many
messages each has whole, byte for byte, and how much slower they were sent; raw figures as JSON on
stdout."""
import re
import subprocess
import sys

from beside import Strace, beside, measure, ours, put
from tools import Tool

SOCKET = "/tmp/messages.sock"
# Name, type, messages, bytes of the longest. The last is for undump.bt, which prints the beginnings of
# messages.
WORKLOADS = (("datagrams", "dgram", 1000, 65536), ("writes", "stream", 1000, 65536),
             ("short writes", "stream", 5000, 64))
# Only streams, as they are received.
UNDUMP = Tool("undump", lambda _: ["bpftrace", "/usr/sbin/undump.bt"], to_file="-o",
              kprobes=("unix_stream_read_actor",))
UNDUMP_BYTES = 1024  # of a message, at most
TOOLS = (ours("dump", "dump", SOCKET, "--format", "hexstring"), UNDUMP,
         Strace("strace", "-f", "-e", "trace=network,write", "-xx", "-s", "65536"))
# Strings of messages as each prints them. (strace: sent, not also received.)
MESSAGES = {
    "dump": re.compile(rb"^((?:\\x[0-9a-f]{2})+)$"),
    "strace": re.compile(rb'(?:write|sendto)\(\d+, "((?:\\x[0-9a-f]{2})+)", '),
    "undump": re.compile(rb"messages {9}[\d ]{8} [\d ]{8} (.*)$"),
}


def as_undump(line):
    r"""What bpftrace's %r makes of bytes: the printable as they are."""
    codes = re.findall(rb"\\x(..)", line)
    return b"".join(bytes([n]) if 32 <= n < 127 else b"\\x%02x" % n
                    for n in (int(code, 16) for code in codes))


def expected(count, most):
    command = ["messages", "expected", str(count), str(most)]
    return subprocess.run(command, check=True, capture_output=True).stdout.splitlines()


def runner(kind, count, most):
    wanted = expected(count, most)
    short = {as_undump(line) for line in wanted if len(line) <= len(r"\x00") * UNDUMP_BYTES}
    wanted = set(wanted)

    def run(tool):
        of = MESSAGES[tool.name]

        def complete(path):
            missing = set(short if tool is UNDUMP else wanted)
            before = len(missing)
            with open(path, "rb") as out:
                for line in out:
                    if found := of.search(line.rstrip(b"\n")):
                        missing.discard(found[1])
            return before - len(missing)
        return beside(tool, ["messages", kind, SOCKET, str(count), str(most)], complete)
    return run


def main():
    rounds = int(sys.argv[1])
    put(("bpftrace", "strace"), workloads=[
        {"name": name, "count": count, "most": most,
         "tools": measure(rounds, TOOLS, runner(kind, count, most))}
        for name, kind, count, most in WORKLOADS])


main()
