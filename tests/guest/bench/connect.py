#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Inside the guest: connect.py ROUNDS COUNT. `socketrace connect` and `calls connect` beside bcc's and
bpftrace's tcpconnect and strace, at COUNT connects over loopback; raw figures as JSON on stdout."""
import itertools
import re
import sys

from beside import Strace, beside, measure, ours, put
from tools import PORT, Tool

# Debian's libbpf build of it: the other, bpfcc-tools', compiles kernel headers whenever it starts.
BCC = Tool("bcc", lambda _: ["tcpconnect-libbpf"], to_file=None,
           kprobes=("tcp_v4_connect", "tcp_v6_connect"))
BPFTRACE = Tool("bpftrace", lambda _: ["bpftrace", "/usr/sbin/tcpconnect.bt"], to_file="-o",
                kprobes=("tcp_connect",))
# A line that tells all that its tool tells of a connect.
LINES = {
    "connect": rf"/connects +\S+ +127\.0\.0\.1:{PORT} +OK +<?\d+$",
    "calls": rf"^connects/\d+/\d+ syscall::connect\(127\.0\.0\.1:{PORT}\) = 0$",
    "bcc": rf"^\d+ +connects +4 +127\.0\.0\.1 +127\.0\.0\.1 +{PORT} *$",
    "bpftrace": rf"\d+ +connects +127\.0\.0\.1 +\d+ +127\.0\.0\.1 +{PORT} *$",
    # Once whole; what another process interrupts is on two lines, of which the second has the result.
    "strace": rf"(?:htons\({PORT}\).*|<\.\.\. connect resumed>\)) += 0$",
}
TOOLS = (ours("connect", "connect"), ours("calls", "calls", "connect"), BCC, BPFTRACE,
         Strace("strace", "-f", "-qq", "-e", "trace=connect"))


def main():
    rounds, count = int(sys.argv[1]), int(sys.argv[2])

    def run(tool):
        line = re.compile(LINES[tool.name])

        def complete(path):
            with open(path, encoding="latin-1") as out:
                wanted = itertools.dropwhile(lambda one: str(PORT) not in one, out)  # the warm-up
                return sum(line.search(one.rstrip("\n")) is not None for one in wanted)
        return beside(tool, ["connects", str(PORT), str(count)], complete)

    put(("libbpf-tools", "bpftrace", "strace"), count=count, tools=measure(rounds, TOOLS, run))


main()
