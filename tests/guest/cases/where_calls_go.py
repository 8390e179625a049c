# SPDX-License-Identifier: BSD-2-Clause
"""Where a call really went: its address may not be there yet, may change meanwhile, may name no one address; and the
end may come long after the call."""
import ctypes
import errno
import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from connect_rows import connect, free_port, rows_of
from harness import Tracer, case, check, check_equal, read
from msghdr import LIBC
from traffic import run_as

TCP_FASTOPEN_CONNECT = 30
CHANGED = re.compile(r" address changed \(named (\S+)\)$")


class Setting:
    """Of /proc/sys, for the time of a with."""

    def __init__(self, name, value):
        self.path, self.value = "/proc/sys/" + name, value

    def __enter__(self):
        self.before = read(self.path)
        self.write(self.value)

    def __exit__(self, *_):
        self.write(self.before)

    def write(self, value):
        with open(self.path, "w", encoding="ascii") as f:
            f.write(value)


def fast_open(family, to, words=b"x"):
    """errno of the first send: connect(2) itself sends nothing."""
    with socket.socket(family) as one:
        one.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
        check_equal(one.connect_ex(to), 0, "connect by TCP fast open")
        time.sleep(0.05)
        try:
            one.sendall(words)
        except OSError as error:
            return error.errno
        one.settimeout(20)
        one.recv(10)
        return 0


class FastOpenServer:
    """Echoes in the background; without a cookie, so that the first connection is a fast one, too."""

    def __init__(self, family, address):
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        self.listener.bind((address, 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.pid = os.fork()
        if self.pid == 0:
            while True:
                end, _ = self.listener.accept()
                with end:
                    end.sendall(end.recv(10))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        self.listener.close()


@case
def fast_open_has_its_final_result():
    for family, address, shown in ((socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "[::1]")):
        with Setting("net/ipv4/tcp_fastopen", "519"), FastOpenServer(family, address) as server:
            bad = free_port(address, family)
            ports = f"{server.port},{bad}"
            with Tracer("connect", "--filter-port", ports) as tracer, \
                    Tracer("connect", "--failed", "--filter-port", ports) as failed, \
                    Tracer("calls", "sendto", "--filter-port", ports, "--filter-pid", os.getpid()) as calls:
                results = [fast_open(family, (address, port)) for port in (server.port, server.port, bad, server.port)]
                rows, bad_rows = (rows_of(t.stop().ok()) for t in (tracer, failed))
                lines = calls.stop().ok().out.splitlines()
        check_equal(results, [0, 0, errno.ECONNREFUSED, 0], "what send said")
        good_row = (f"{shown}:{server.port}", "OK")
        bad_row = (f"{shown}:{bad}", "ECONNREFUSED")
        told = [(row["to"], row["result"]) for row in rows]
        print(f"     {shown}: told / truth {len(told)}/4 attempts")
        check_equal(told, [good_row, good_row, bad_row, good_row], "attempts")
        check_equal([(row["to"], row["result"]) for row in bad_rows], [bad_row], "with --failed")
        check(all(row["us"] >= 50_000 for row in rows), "the time until the first send is part of it:", rows)
        sent = [line for line in lines if "sendto" in line]
        check_equal([line.split("sendto")[1] for line in sent],
                    [f"(peer {shown}:{port}) = {result}" for port, result in
                     ((server.port, "1"), (server.port, "1"), (bad, "-111 [ECONNREFUSED]"), (server.port, "1"))],
                    "calls sendto")


def sockaddr(port, address="127.0.0.1"):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(address) + bytes(8)


def connect_raw(sock, address):
    """`address`: where the bytes lie."""
    return LIBC.connect(sock.fileno(), ctypes.c_void_p(address), 16)


@case
def an_address_in_a_page_that_is_not_there_yet():
    """BPF reads no page that has to be fetched; the kernel fetches it for itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.NamedTemporaryFile() as file:
        port = listener.getsockname()[1]
        file.write(sockaddr(port).ljust(4096, b"\0"))
        file.flush()

        def fetched_by_connect(kind):
            with mmap.mmap(file.fileno(), 4096, flags=mmap.MAP_PRIVATE) as page, \
                    socket.socket(socket.AF_INET, kind) as one:
                at = ctypes.addressof(ctypes.c_char.from_buffer(page))
                check_equal(connect_raw(one, at), 0, "connect")

        with Tracer("connect", "--filter-port", port) as attempts, \
                Tracer("calls", "connect", "--filter-port", port) as calls, \
                Tracer("count", "--by", "port", "--filter-port", port) as count:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                run_as("fetcher", lambda kind=kind: child_of(fetched_by_connect, kind))
            rows = rows_of(attempts.stop().ok())
            lines = calls.stop().ok().out.splitlines()
            counted = count.stop().ok().out
    check_equal([(row["to"], row["result"], row["rest"]) for row in rows], [(f"127.0.0.1:{port}", "OK", None)] * 2,
                "attempts")
    check_equal([line.partition("connect")[2] for line in lines], [f"(127.0.0.1:{port}) = 0"] * 2, "calls")
    check(re.search(rf"^connect +fetcher, {port}: 2$", counted, re.M), "count --by port:", counted)


def child_of(function, *args):
    try:
        function(*args)
    except BufferError:  # of what from_buffer has made; the mapping goes with the process
        pass


FLIPPER = """
import mmap, sys
page = mmap.mmap(int(sys.argv[1]), 4096)
one, other = bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
print("ready", flush=True)
while True:
    page[2:4] = one
    page[2:4] = other
"""


@case
def an_address_that_somebody_writes_to_meanwhile():
    """What is told is where the socket went."""
    first, second = free_port(), free_port()
    with tempfile.TemporaryFile() as file:
        file.write(sockaddr(first).ljust(4096, b"\0"))
        file.flush()
        os.set_inheritable(file.fileno(), True)
        page = mmap.mmap(file.fileno(), 4096)
        at = ctypes.addressof(ctypes.c_char.from_buffer(page))
        ports = [struct.pack("!H", port).hex() for port in (first, second)]
        flipper = subprocess.Popen([sys.executable, "-c", FLIPPER, str(file.fileno()), *ports],
                                   stdout=subprocess.PIPE, pass_fds=[file.fileno()])
        try:
            flipper.stdout.readline()
            with Tracer("connect", "--filter-pid", os.getpid()) as attempts, \
                    Tracer("calls", "connect", "--filter-pid", os.getpid()) as calls:
                truth = []
                for _ in range(2000):
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                        check_equal(connect_raw(one, at), 0, "connect")
                        truth.append("127.0.0.1:%d" % one.getpeername()[1])
                rows = rows_of(attempts.stop().ok())
                lines = calls.stop().ok().out.splitlines()
        finally:
            flipper.kill()
            flipper.wait()
    told = [row["to"] for row in rows]
    said = [re.search(r"connect\((\S+)\) = 0", line)[1] for line in lines]
    changed = [CHANGED.search(" " + row["rest"]) for row in rows if row["rest"]]
    print(f"     told / truth: connect {sum(a == b for a, b in zip(told, truth))}/{len(truth)}, "
          f"calls {sum(a == b for a, b in zip(said, truth))}/{len(truth)}; changed {len(changed)}")
    check_equal(len(set(truth)), 2, "ports that were reached")
    check(told == truth, "connect tells of others:", [pair for pair in zip(told, truth) if pair[0] != pair[1]][:5])
    check(said == truth, "calls tells of others:", [pair for pair in zip(said, truth) if pair[0] != pair[1]][:5])
    check(all(changed), "lines:", [row["rest"] for row in rows if row["rest"]][:5])


@case
def filters_see_the_own_end_that_a_connect_gets():
    with socket.create_server(("127.0.0.2", 0)) as listener:
        to = listener.getsockname()
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:  # whom the host speaks to 127.0.0.2 as
                probe.connect(to)
                own = probe.getsockname()[0]
            for blocking in (True, False):
                with Tracer("connect", "--filter-addr", own, "--filter-port", "32768-60999") as tracer, \
                        Tracer("connect", "--filter-addr", "192.0.2.1") as other:
                    result, _, _ = connect(socket.AF_INET, to, blocking, kind=kind)
                    rows = rows_of(tracer.stop().ok())
                    check_equal(rows_of(other.stop().ok()), [], "with another address")
                check_equal(result, 0, "connect")
                check_equal([row["to"] for row in rows], ["127.0.0.2:%d" % to[1]], f"to {own}, {kind}, {blocking}")


@case
def an_address_of_all_is_the_one_that_the_kernel_took():
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port = listener.getsockname()[1]
        with Tracer("connect", "--filter-addr", "127.0.0.1", "--filter-port", port) as tracer:
            check_equal(connect(socket.AF_INET, ("0.0.0.0", port))[0], 0, "connect")
            rows = rows_of(tracer.stop().ok())
    check_equal([(row["to"], row["rest"]) for row in rows], [(f"127.0.0.1:{port}", None)], "lines")


@case
def the_user_is_the_effective_one():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        to = listener.getsockname()

        def as_others():
            os.setresuid(1001, 1002, 0)
            connect(socket.AF_INET, to)

        seen = {}
        for uid in (1001, 1002):
            chosen = ("--filter-uid", uid, "--filter-port", to[1])
            with Tracer("connect", *chosen) as attempts, Tracer("calls", "connect", *chosen) as calls:
                run_as("user", as_others)
                seen[uid] = ([row["user"] for row in rows_of(attempts.stop().ok())],
                             len(calls.stop().ok().out.splitlines()))
    check_equal(seen, {1001: ([], 0), 1002: (["1002(1001)"], 1)}, "connect and calls of the real and the effective")


@case
def a_connect_that_names_nobody_is_no_address():
    def child():
        with socket.socket() as one:
            check_equal(LIBC.connect(one.fileno(), None, 16), -1, "connect")

    for by in ("port", "addr"):
        with Tracer("count", "--by", by, "--filter-comm", "nobody") as count:
            run_as("nobody", child)
            counted = count.stop().ok().out
        check(re.search(r"^connect failed +nobody, -: 1$", counted, re.M), f"count --by {by}:", counted)


def owners_of_children(outcome, port):
    return [line.split("/")[0].split()[-1] for line in outcome.out.splitlines()
            if "set_state" in line and f":{port} " in line and "SynReceived" in line.split(") ")[1].split(" ->")[0]]


def server(name, address, port):
    """A process of that name that accepts and closes: what ends it."""
    told, tell = os.pipe()

    def child():
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen()
            os.write(tell, b"x")
            while True:
                listener.accept()[0].close()

    pid = os.fork()
    if pid == 0:
        with open("/proc/self/comm", "w", encoding="ascii") as f:
            f.write(name)
        child()
    os.read(told, 1)
    os.close(told)
    os.close(tell)

    def end():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    return end


@case
def children_belong_to_who_listens_at_their_address():
    port = free_port()
    with Tracer("calls", "state", "--filter-port", port) as tracer:
        end_one = server("one", "127.0.0.1", port)
        end_two = server("two", "127.0.0.2", port)
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.1"):
            check_equal(connect(socket.AF_INET, (address, port))[0], 0, "connect")
        end_one()
        end_any = server("three", "127.0.0.1", port)
        check_equal(connect(socket.AF_INET, ("127.0.0.1", port))[0], 0, "connect")
        end_two()
        end_any()
        time.sleep(0.2)
        outcome = tracer.stop().ok()
    check_equal(owners_of_children(outcome, port), ["one", "two", "one", "three"], outcome.out)
