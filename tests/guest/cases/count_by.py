# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace count --by`: accepts and connects, told apart by a key."""
import collections
import os
import re
import socket
import tempfile
import time

from count_driver import MPTCP, Driver
from count_told import COMM, drive, intervals_of
from harness import ACCEPT, ACCEPT4, Tracer, case, check, check_equal, check_no_residue
from traffic import TcpPair, in_thread, run_as


def keys_of(counted):
    """{(outcome, text): count} of the only interval."""
    (lines,) = intervals_of(counted.out)
    found = {}
    for line in lines:
        match = re.fullmatch(r"(accept|connect)( failed| started)? +(\S.*): (\d+)", line)
        check(match, "not a count:", repr(line))
        check_equal(line.index(match[3]), 16, "column in " + repr(line))
        found[match[1] + (match[2] or ""), match[3]] = int(match[4])
    return found


def summed(outcomes, text):
    found = collections.Counter()
    for (outcome, family, protocol), n in outcomes.items():
        found[outcome, text(family, protocol)] += n
    return dict(found)


def drive_by(key, *options):
    with Tracer("count", "--by", key, "-i", 0, "--filter-comm", COMM, *options) as counter:
        pid, _, outcomes = drive("families")
        counted = counter.stop().ok()
    check_equal((counted.lost, counted.missed or 0), (0, 0), "not seen")
    return pid, keys_of(counted), outcomes


FAMILIES = {1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK"}


@case
def by_family_equals_the_driver():
    _, got, outcomes = drive_by("family")
    check_equal(got, summed(outcomes, lambda family, _: f"{COMM}, {family}, {FAMILIES[family]}"),
                "by family")
    check({family for _, family, _ in outcomes} >= set(FAMILIES), "families driven:", outcomes)
    check_no_residue()


@case
def by_protocol_equals_the_driver():
    _, got, outcomes = drive_by("protocol")

    def text(family, protocol):
        if family == socket.AF_UNIX:
            # Stream sockets have a struct proto of their own since 5.15.
            return f"{COMM}, 0, IPPROTO_UNIX, unix"
        if family == socket.AF_NETLINK:
            return f"{COMM}, 0, NETLINK_ROUTE, NETLINK"
        if protocol == MPTCP:
            return f"{COMM}, 262, IPPROTO_MPTCP, MPTCP"
        return f"{COMM}, 6, IPPROTO_TCP, {'TCP' if family == socket.AF_INET else 'TCPv6'}"

    named = {(outcome, re.sub(r"UNIX(-STREAM)?$", "unix", key)): n for (outcome, key), n in got.items()}
    # Debian's 5.10 is built without it.
    check_equal(MPTCP in {protocol for _, _, protocol in outcomes},
                os.path.exists("/proc/sys/net/mptcp"), "MPTCP driven")
    check_equal(named, summed(outcomes, text), "by protocol")


@case
def by_comm_and_pid_equal_the_driver():
    _, got, outcomes = drive_by("comm")
    check_equal(got, summed(outcomes, lambda *_: COMM), "by comm")
    pid, got, outcomes = drive_by("pid")
    check_equal(got, summed(outcomes, lambda *_: f"{COMM}, {pid}"), "by pid")


@case
def only_failures():
    _, got, outcomes = drive_by("family", "--failed")
    failed = {key: n for key, n in outcomes.items() if key[0].endswith("failed")}
    check_equal(got, summed(failed, lambda family, _: f"{COMM}, {family}, {FAMILIES[family]}"),
                "failures by family")


@case
def by_port_and_address():
    """Of failed connects too, whose sockets have forgotten where they were to go."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/a.sock"

        def child():
            driver = Driver()
            listener, client = driver.pair(socket.AF_INET, ("127.0.0.1", 4711))
            driver.accept(listener).close()
            client.close()
            listener.close()
            for _ in range(3):
                driver.connect(driver.socket(socket.AF_INET6), ("::1", 4712), 111)
            listener, client = driver.pair(socket.AF_UNIX, path)
            driver.accept(listener)
            driver.connect(driver.socket(socket.AF_UNIX), "\0abs \n", 111)

        for key, want in (
                ("port", {("accept", "4711"): 1, ("accept", "AF_UNIX"): 1, ("connect", "4711"): 1,
                          ("connect failed", "4712"): 3, ("connect", "AF_UNIX"): 1,
                          ("connect failed", "AF_UNIX"): 1}),
                ("addr", {("accept", "127.0.0.1"): 1, ("accept", "unix:" + path): 1,
                          ("connect", "127.0.0.1"): 1, ("connect failed", "[::1]"): 3,
                          ("connect", "unix:" + path): 1,
                          ("connect failed", r"unix:@abs\x20\x0a"): 1})):
            with Tracer("count", "--by", key, "-i", 0, "--filter-comm", COMM) as counter:
                run_as(COMM, child)
                counted = counter.stop().ok()
            os.unlink(path)
            got = keys_of(counted)
            check_equal(got, {(o, f"{COMM}, {text}"): n for (o, text), n in want.items()}, key)
        # A filter knows where a failed connect was to go.
        with Tracer("count", "--by", "comm", "-i", 0, "--filter-addr", "::1", "--filter-port",
                    4712) as counter:
            run_as(COMM, child)
            counted = counter.stop().ok()
        check_equal(keys_of(counted), {("connect failed", COMM): 3}, "filtered")


@case
def who_waits_already_is_counted():
    """Whose call began before we came: its exit tells all that counts."""
    with TcpPair() as pair:
        def wait_and_accept(entered):
            os.write(entered, b"%d" % os.getpid())
            pair.listener.accept()

        read, write = os.pipe()
        with in_thread(run_as, COMM, wait_and_accept, write) as waiter:
            until_in_accept(int(os.read(read, 16)))
            with Tracer("count", "--by", "port", "-i", 0, "--filter-comm", COMM) as counter:
                pair.client.connect((pair.address, pair.port))
                waiter.join(120)  # the child has accepted, and is gone
                check(not waiter.is_alive(), "nobody accepted")
                counted = counter.stop().ok()
        os.close(read)
        os.close(write)
    check_equal(keys_of(counted), {("accept", f"{COMM}, {pair.port}"): 1}, "accepts")


def until_in_accept(pid):
    """accept4(2), or accept(2)."""
    while open(f"/proc/{pid}/syscall", encoding="ascii").read().split()[0] not in (str(ACCEPT4), str(ACCEPT)):
        time.sleep(0.05)


@case
def more_keys_than_fit_are_told():
    def child():
        for number in range(10500):
            if number % 500 == 0:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.connect((f"127.{number >> 8}.{number & 255}.1", 9))

    with Tracer("count", "--by", "addr", "-i", 0, "--filter-comm", COMM) as counter:
        run_as(COMM, child)
        counted = counter.stop().ok()
    check(counted.lost >= 200, "lost:", counted.lost)
    check_equal(counted.printed + counted.lost, 10500, "counted and lost")
