# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace connect`: every attempt once, with its final result, its latency and its owner."""
import errno
import os
import select
import socket
import struct
import subprocess
import tempfile

from connect_rows import (ME, MPTCP, check_latency, check_mine, connect, free_port, full_listener,
                          one_row, rows_of)
from harness import Tracer, case, check, check_equal, check_no_residue
from traffic import run_as


@case
def results_are_final_and_timed():
    """Blocking and not, established, refused and timed out: what the socket says afterwards."""
    real = {}
    with socket.create_server(("127.0.0.1", 0)) as listener, full_listener() as full, \
            socket.create_server(("::1", 0), family=socket.AF_INET6) as listener6:
        good, good6 = listener.getsockname()[1], listener6.getsockname()[1]
        with Tracer("connect") as tracer:
            for blocking in (True, False):
                bad, bad6 = free_port(), free_port("::1", socket.AF_INET6)
                for family, ip, port in ((socket.AF_INET, "127.0.0.1", good),
                                         (socket.AF_INET, "127.0.0.1", bad),
                                         (socket.AF_INET6, "::1", good6),
                                         (socket.AF_INET6, "::1", bad6),
                                         (socket.AF_INET6, "::ffff:127.0.0.1", good),
                                         (socket.AF_INET, "127.0.0.1", full)):
                    shown = f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
                    real[shown, blocking] = connect(family, (ip, port), blocking,
                                                    retries=1 if port == full else None)
            outcome = tracer.stop().ok()
    rows = rows_of(outcome)
    check_equal(len(rows), len(real), "lines:\n" + outcome.out)
    for (to, blocking), (final, took, first) in real.items():
        check_equal(first == errno.EINPROGRESS, not blocking, f"EINPROGRESS of {to}")
        named = [row for row in rows if row["to"] == to]
        both = [key for key in real if key[0] == to]
        check_equal(len(named), len(both), f"lines of {to}:\n{outcome.out}")
        row = named[both.index((to, blocking))]
        check_mine(row, errno.errorcode[final] if final else "OK")
        check_latency(row, took, 1.9e6 if final == errno.ETIMEDOUT else 1)
    check_equal({row["result"] for row in rows}, {"OK", "ECONNREFUSED", "ETIMEDOUT"}, "results")
    check("undecided" not in outcome.err, outcome.err)
    check_no_residue()


@case
def closed_and_undecided_attempts_are_told():
    with full_listener() as full, Tracer("connect") as tracer:
        with socket.socket() as one:
            one.setblocking(False)
            check_equal(one.connect_ex(("127.0.0.1", full)), errno.EINPROGRESS, "connect")
            # Asked again and again: one attempt all the same.
            for _ in range(3):
                check_equal(one.connect_ex(("127.0.0.1", full)), errno.EALREADY, "again")
        left = socket.socket()
        left.setblocking(False)
        left.connect_ex(("127.0.0.1", full))
        outcome = tracer.stop().ok()
        left.close()
    rows = rows_of(outcome)
    check_equal([row["result"] for row in rows], ["CLOSED"], outcome.out)
    check_mine(rows[0], "CLOSED")
    check("1 still undecided" in outcome.err, outcome.err)
    check("3 repeated calls" in outcome.err, outcome.err)


@case
def a_repeated_call_that_succeeds_is_the_same_attempt():
    with socket.create_server(("127.0.0.1", 0)) as listener, Tracer("connect") as tracer:
        to = listener.getsockname()
        with socket.socket() as one:
            one.setblocking(False)
            check_equal(one.connect_ex(to), errno.EINPROGRESS, "first")
            select.select([], [one], [], 10)
            check_equal(one.connect_ex(to), 0, "second")
            check_equal(one.connect_ex(to), errno.EISCONN, "third")
        rows = rows_of(tracer.stop().ok())
    check_equal([row["result"] for row in rows], ["OK"], rows)


@case
def a_socket_is_tried_again_after_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as listener, Tracer("connect") as tracer:
        with socket.socket() as one:
            check_equal(one.connect_ex(("127.0.0.1", free_port())), errno.ECONNREFUSED, "bad")
            check_equal(one.connect_ex(listener.getsockname()), 0, "good")
        rows = rows_of(tracer.stop().ok())
    check_equal([row["result"] for row in rows], ["ECONNREFUSED", "OK"], rows)


@case
def every_family_has_its_line():
    libc = __import__("ctypes").CDLL(None, use_errno=True)
    udp6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory() as folder, Tracer("connect") as tracer:
        path = folder + "/s"
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(path)
            server.listen()
            client.connect(path)
            check_equal(client.connect_ex(path), errno.EISCONN, "again")
        with socket.socket(socket.AF_UNIX) as client:
            check_equal(client.connect_ex("\0no\0body"), errno.ECONNREFUSED, "abstract")
            check_equal(client.connect_ex(folder + "/none"), errno.ENOENT, "no path")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", 5353))
            check_equal(libc.connect(udp.fileno(), struct.pack("=H14x", 0), 16), 0, "unspec")
        with udp6:
            udp6.connect(("::1", 5354))
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
            netlink.connect((0, 0))
        with socket.socket() as tcp, open("/dev/null", "rb") as null:
            for fd, address, length in ((9999, struct.pack("=H14x", 2), 16),
                                        (null.fileno(), struct.pack("=H14x", 2), 16),
                                        (tcp.fileno(), struct.pack("=H4s10x", 57, b"\x01\x02\x03\x04"), 16),
                                        (tcp.fileno(), b"\x02", 1), (tcp.fileno(), None, 16),
                                        (tcp.fileno(), 16, 16)):
                check_equal(libc.connect(fd, address, length), -1, "a wrong call")
        rows = rows_of(tracer.stop().ok())
    want = [("AF_UNIX", f"unix:{path}", "OK"), ("AF_UNIX", f"unix:{path}", "EISCONN"),
            ("AF_UNIX", "unix:@no\\x00body", "ECONNREFUSED"), ("AF_UNIX", f"unix:{folder}/none", "ENOENT"),
            ("AF_INET", "127.0.0.1:5353", "OK"), ("AF_UNSPEC", "unspec", "OK"),
            ("AF_INET6", "[::1]:5354", "OK"), ("AF_NETLINK", "netlink:ROUTE pid=0 groups=0x0", "OK"),
            ("AF_INET", "0.0.0.0:0", "EBADF"), ("AF_INET", "0.0.0.0:0", "ENOTSOCK"),
            ("AF_57", "AF_57:01020304" + "00" * 10, "EAFNOSUPPORT"), ("-", "short(1)", "EINVAL"),
            ("-", "NULL", "EFAULT"), ("-", "?(EFAULT)", "EFAULT")]
    check_equal([(row["af"], row["to"], row["result"]) for row in rows], want, "lines")
    for row in rows:
        check_mine(row, row["result"])


@case
def ten_thousand_refused_and_then_a_good_one():
    bad = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            Tracer("connect", "--filter-pid", os.getpid()) as tracer:
        for n in range(10_000):
            check_equal(connect(socket.AF_INET, ("127.0.0.1", bad), n % 2 == 0)[0],
                        errno.ECONNREFUSED, "connect")
        with socket.create_connection(listener.getsockname()):
            rows = rows_of(tracer.stop().ok())
    check_equal([row["result"] for row in rows], ["ECONNREFUSED"] * 10_000 + ["OK"], "results")
    check_equal({(row["pid"], row["process"]) for row in rows}, {(str(os.getpid()), ME)}, "owners")


@case
def the_owner_is_right_when_others_are_interrupted():
    """Both processors busy with somebody else: results come in softirq on top of them."""
    burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(os.cpu_count())]
    try:
        with full_listener() as full, Tracer("connect", "--filter-port", full) as tracer:
            pid = run_as("timed-out", connect, socket.AF_INET, ("127.0.0.1", full), False, 0,
                         socket.SOCK_STREAM, 1)
            rows = rows_of(tracer.stop().ok())
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    check_equal(len(rows), 1, rows)
    check_mine(rows[0], "ETIMEDOUT", pid=pid)


@case
def tcp_without_a_call_is_told_too():
    """sendto(MSG_FASTOPEN) sends the SYN; so do io_uring and 32-bit programs."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Tracer("connect") as tracer:
        with socket.socket() as one:
            try:
                one.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
            except OSError as error:
                check_equal(error.errno, errno.EOPNOTSUPP, "sendto")
                return
        rows = rows_of(tracer.stop().ok())
        check_mine(one_row(rows, "127.0.0.1:%d" % listener.getsockname()[1]), "OK")


@case
def multipath_tcp():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP).close()
    except OSError as error:
        check(error.errno in (errno.EPROTONOSUPPORT, errno.ENOPROTOOPT, errno.EINVAL), error)
        return  # this kernel has none
    bad = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        good = listener.getsockname()[1]
        with Tracer("connect", "--filter-port", f"{good},{bad}") as tracer:
            for blocking in (True, False):
                check_equal(connect(socket.AF_INET, ("127.0.0.1", good), blocking, MPTCP)[0], 0, "good")
                check_equal(connect(socket.AF_INET, ("127.0.0.1", bad), blocking, MPTCP)[0],
                            errno.ECONNREFUSED, "bad")
            rows = rows_of(tracer.stop().ok())
    check_equal([(row["to"], row["result"]) for row in rows],
                [(f"127.0.0.1:{good}", "OK"), (f"127.0.0.1:{bad}", "ECONNREFUSED")] * 2, rows)
