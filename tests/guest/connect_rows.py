# SPDX-License-Identifier: BSD-2-Clause
"""What `socketrace connect` prints, and attempts to connect to hold it against."""
import contextlib
import errno
import os
import re
import select
import socket
import time

from harness import check, check_equal

ROW = re.compile(r"^(?P<time>\d\d:\d\d:\d\d) +(?P<af>\S+) +(?P<pid>\d+) +(?P<process>\S+) "
                 r"(?P<args>.*?) *(?P<user>\S+) +(?P<to>(?:netlink:.+? groups=\S+|\S+)) +(?P<result>[A-Z]\w*)"
                 r" +(?P<lat><?\d+)(?: (?P<rest>.*))?$")
MPTCP = 262
ME = os.path.realpath("/proc/self/exe")


def rows_of(outcome):
    lines = outcome.out.split("\n")
    check_equal(lines[-1], "", "the end of the output")
    check(lines[0].startswith("TIME      AF         PID    PROCESS"), "no header:", repr(lines[0]))
    rows = []
    for line in lines[1:-1]:
        match = ROW.match(line)
        check(match, "not an attempt:", repr(line))
        row = match.groupdict()
        row["us"] = int(row["lat"].lstrip("<"))
        rows.append(row)
    check_equal(outcome.printed, len(rows), "printed")
    check_equal(outcome.lost, 0, "lost")
    return rows


def one_row(rows, to):
    found = [row for row in rows if row["to"] == to]
    check_equal(len(found), 1, f"lines of {to} among {rows}")
    return found[0]


def check_mine(row, result, process=ME, pid=None):
    check_equal(row["result"], result, f"result in {row}")
    check_equal(row["pid"], str(pid or os.getpid()), f"pid in {row}")
    check_equal(row["process"], process, f"process in {row}")
    check_equal(row["user"], "root", f"user in {row}")


def free_port(address="127.0.0.1", family=socket.AF_INET):
    """One that nobody listens on."""
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.bind((address, 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def full_listener():
    """Its queue is full, so that it drops every further SYN: port."""
    with socket.socket() as listener, contextlib.ExitStack() as clients:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            if not select.select([], [client], [], 1)[1]:
                break
        yield port


class Timed:
    """us: what passed inside the with."""

    def __enter__(self):
        self.begin = time.monotonic()
        return self

    def __exit__(self, *_):
        self.us = (time.monotonic() - self.begin) * 1e6


def connect(family, to, blocking=True, protocol=0, kind=socket.SOCK_STREAM, retries=None):
    """(errno of the final result, microseconds that it took, what connect(2) gave)."""
    with socket.socket(family, kind, protocol) as one:
        if retries:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, retries)
        one.setblocking(blocking)
        with Timed() as timed:
            first = final = one.connect_ex(to)
            if first == errno.EINPROGRESS:
                check(select.select([], [one], [], 30)[1], "nothing happens:", to)
                final = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return final, timed.us, first


def check_latency(row, real_us, least_us=1):
    check(least_us <= row["us"] <= real_us, f"latency {row['us']} us, really {real_us:.0f} us:", row)
