# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace connect`: every attempt once, with its final result, its latency and its owner."""
import contextlib
import errno
import os
import re
import select
import socket
import struct
import subprocess
import tempfile
import time

from harness import (SOCKETRACE, Tracer, case, check, check_equal, check_no_residue, socketrace)
from traffic import in_thread, run_as

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
def immediate_tells_what_the_call_returned():
    with full_listener() as full, Tracer("connect", "--immediate") as tracer:
        with socket.socket() as one:
            one.setblocking(False)
            check_equal(one.connect_ex(("127.0.0.1", full)), errno.EINPROGRESS, "connect")
            check_equal(one.connect_ex(("127.0.0.1", full)), errno.EALREADY, "again")
        rows = rows_of(tracer.stop().ok())
    check_equal([row["result"] for row in rows], ["EINPROGRESS", "EALREADY"], rows)


@case
def programs_that_are_gone_are_named():
    """By path and command line, though each ended long before its line was read."""
    port = free_port()
    script = f"exec 3<>/dev/tcp/127.0.0.1/{port}"
    with Tracer("connect", "--args", "--filter-port", port) as tracer:
        child = subprocess.Popen(["bash", "-c", script, "a word\n"], stderr=subprocess.DEVNULL)
        child.wait()
        rows = rows_of(tracer.stop().ok())
    row = one_row(rows, f"127.0.0.1:{port}")
    check_mine(row, "ECONNREFUSED", os.path.realpath("/bin/bash"), child.pid)
    check_equal(row["args"], f"-c {script} a word\\x0a", "arguments")


@case
def a_program_in_another_root_has_the_path_it_sees():
    """A mount namespace of its own: what /proc would show is gone with the process."""
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c",
         "mkdir -p /tmp/box && mount -t tmpfs box /tmp/box && mkdir /tmp/box/deep && "
         "cp /bin/bash /tmp/box/deep/other && readlink -f /tmp/box/deep/other"],
        capture_output=True, text=True, timeout=60)
    check_equal(done.returncode, 0, "no mount namespace: " + done.stderr)
    port = free_port()
    with Tracer("connect", "--filter-port", port) as tracer:
        subprocess.run(["unshare", "-m", "sh", "-c",
                        "mount -t tmpfs box /tmp/box && mkdir /tmp/box/deep && "
                        "cp /bin/bash /tmp/box/deep/other && "
                        f"/tmp/box/deep/other -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'"],
                       stderr=subprocess.DEVNULL, timeout=60)
        rows = rows_of(tracer.stop().ok())
    check_equal([row["process"] for row in rows], ["/tmp/box/deep/other"], rows)


@case
def filters_and_failed():
    bad = free_port()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        good = listener.getsockname()[1]

        def traffic():
            connect(socket.AF_INET, ("127.0.0.1", good))
            connect(socket.AF_INET, ("127.0.0.1", bad), False)
            connect(socket.AF_INET6, ("::ffff:127.0.0.1", good))
            with socket.socket(socket.AF_UNIX) as client:
                client.connect_ex("\0nobody")

        four = f"127.0.0.1:{good}", f"127.0.0.1:{bad}", f"[::ffff:127.0.0.1]:{good}", "unix:@nobody"
        for options, want in ((["--failed"], [four[1], four[3]]),
                              (["--filter-port", good], [four[0], four[2]]),
                              (["--filter-family", "unix"], [four[3]]),
                              (["--filter-family", "inet6"], [four[2]]),
                              (["--filter-addr", "127.0.0.0/8"], list(four[:3])),
                              (["--filter-addr", "::1"], []),
                              (["--filter-protocol", "tcp"], list(four[:3])),
                              (["--filter-netns", "self"], list(four)),
                              (["--filter-uid", "root"], list(four)),
                              (["--filter-uid", "12345"], []),
                              (["--filter-pid", os.getpid()], list(four)),
                              (["--filter-comm", "nobody"], []),
                              (["--output-limit-lines", 2], list(four[:2]))):
            with Tracer("connect", *options) as tracer:
                traffic()
                rows = rows_of(tracer.stop().ok())
            check_equal([row["to"] for row in rows], want, f"with {options}")


@case
def the_longest_filters_load_and_match():
    """What the verifier never sees while a filter is not set."""
    with socket.create_server(("0.0.0.0", 0)) as listener, open("/proc/self/comm", encoding="ascii") as comm:
        to = ("127.0.0.5", listener.getsockname()[1])
        netns = os.stat("/proc/self/ns/net").st_ino
        everything = {"pid": [*range(900_000, 900_031), os.getpid()],
                      "comm": [*(f"nobody{n}" for n in range(15)), comm.read().strip()],
                      "addr": [*(f"2001:db8::{n}" for n in range(8)),
                               *(f"10.0.{n}.0/24" for n in range(7)), "127.0.0.5"],
                      "port": [*(f"{n}-{n + 1}" for n in range(1, 63, 2)), to[1]],
                      "protocol": [*range(100, 115), 6], "family": [*range(50, 65), 2],
                      "mark": [*(f"{n}/0xff" for n in range(1, 16)), "0"],
                      "netns": [*range(1, 16), netns], "uid": [*range(1, 16), 0]}
        options = [word for name, values in everything.items()
                   for word in (f"--filter-{name}", ",".join(map(str, values)))]
        with Tracer("connect", "--args", "--output-limit-lines", 1000, *options) as tracer:
            connect(socket.AF_INET, to)
            connect(socket.AF_INET, ("127.0.0.2", to[1]))
            connect(socket.AF_INET, to, False)
            rows = rows_of(tracer.stop().ok())
    check_equal([row["to"] for row in rows], ["127.0.0.5:%d" % to[1]] * 2, rows)


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


@case
def networks_are_named():
    with tempfile.NamedTemporaryFile("w") as table:
        table.write("127.0.0.0\t127.0.0.255\t64500\tZZ\tLOOP Some words\n"
                    "nonsense\n2130706688\t2130706943\t64501\tZZ\tNEXT\n")
        table.flush()
        with Tracer("connect", "--as", table.name) as tracer:
            for address in ("127.0.0.1", "127.0.1.1", "127.0.2.1"):
                connect(socket.AF_INET, (address, 9))
            outcome = tracer.stop().ok()
    check_equal([row["rest"] for row in rows_of(outcome)], ["AS64500 (LOOP)", "AS64501 (NEXT)", "-"],
                "AS-INFO")
    check(f"{table.name}:2: " in outcome.err, outcome.err)


@contextlib.contextmanager
def names_in_hosts(names):
    """name -> address"""
    with open("/etc/hosts", encoding="ascii") as f:
        before = f.read()
    with open("/etc/hosts", "a", encoding="ascii") as f:
        f.writelines(f"{address} {name}\n" for name, address in names)
    try:
        yield
    finally:
        with open("/etc/hosts", "w", encoding="ascii") as f:
            f.write(before)


def ask_and_connect(name, port, family=socket.AF_INET):
    for answer in socket.getaddrinfo(name, port, family, socket.SOCK_STREAM):
        connect(answer[0], answer[4][:2])


@case
def hosts_are_named_by_who_asked_for_them():
    """Two threads that ask at once, sixteen answers and more, a name of 255 bytes, a lookup that
    fails, and a name that only another process knows. Only TCP: to sort its answers getaddrinfo
    connects UDP sockets to them, before anybody knows the name."""
    port = free_port()
    longest = ".".join(["x" * 63] * 3 + ["y" * 63])
    names = [("one.test", "127.0.1.1"), ("two.test", "127.0.2.1"), ("six.test", "::1"),
             (longest, "127.0.3.1")]
    names += [("many.test", f"127.0.4.{n}") for n in range(1, 21)]
    with names_in_hosts(names), \
            Tracer("connect", "--host", "--filter-port", port, "--filter-protocol", "tcp") as tracer:
        def many(name):
            for _ in range(50):
                ask_and_connect(name, port)
        with in_thread(many, "one.test"), in_thread(many, "two.test"):
            pass
        ask_and_connect("six.test", port, socket.AF_INET6)
        ask_and_connect(longest, port)
        ask_and_connect("many.test", port)
        try:
            socket.getaddrinfo("nobody.invalid", port)
        except socket.gaierror:
            pass
        connect(socket.AF_INET, ("127.0.9.1", port))
        run_as("foreign", connect, socket.AF_INET, ("127.0.3.1", port))
        rows = rows_of(tracer.stop().ok())
    told = {}
    for row in rows:
        told.setdefault(row["to"].rpartition(":")[0], []).append(row["rest"])
    want = {"127.0.1.1": ["one.test"] * 50, "127.0.2.1": ["two.test"] * 50, "[::1]": ["six.test"],
            "127.0.3.1": [longest, "~" + longest], "127.0.9.1": ["-"]}
    want.update({f"127.0.4.{n}": ["many.test"] for n in range(1, 21)})
    check_equal(told, want, "HOST")
    check_no_residue()


@case
def a_library_that_is_none_is_refused():
    outcome = socketrace("connect", "--libc", "/etc/passwd", "--duration", "1")
    check_equal(outcome.status, 1, "status; stderr: " + outcome.err)
    check("--libc" in outcome.err and "/etc/passwd" in outcome.err, outcome.err)


@case
def style_and_histograms():
    bad = free_port()
    with Tracer("connect", "--style", "soconnect") as tracer:
        connect(socket.AF_INET, ("127.0.0.1", bad))
        lines = tracer.stop().ok().out.splitlines()
    check_equal(lines[0], "PID    PROCESS          FAM ADDRESS          PORT   LAT(us) RESULT", "header")
    check(re.match(rf"{os.getpid()} +\S+ +2   127.0.0.1        {bad} +\d+ Connect refused$", lines[1]), lines)
    with Tracer("connect", "--histogram", "--filter-pid", os.getpid()) as tracer:
        for _ in range(7):
            connect(socket.AF_INET, ("127.0.0.1", bad), False)
        outcome = tracer.stop().ok()
    out = outcome.out
    check("7 attempts in histograms" in outcome.err, outcome.err)
    check(out.startswith(f"port {bad}: 7 attempts\n    microseconds "), out)
    counts = re.findall(r"^ *\d+ -> \d+ +: (\d+) ", out, re.M)
    check_equal(sum(map(int, counts)), 7, out)
    with Tracer("connect", "--histogram", "process", "--filter-pid", os.getpid()) as tracer:
        connect(socket.AF_INET, ("127.0.0.1", bad))
        out = tracer.stop().ok().out
    check(out.startswith(f"{ME}: 1 attempt\n"), out)


@case
def the_examples_of_its_help_run():
    text = subprocess.run([SOCKETRACE, "connect", "--help"], capture_output=True, text=True).stdout
    examples = re.findall(r"^  (socketrace connect.*)$", text.split("\nExamples:\n")[1], re.M)
    check(len(examples) >= 3, "examples:", examples)
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/ip2asn-combined.tsv", "w", encoding="ascii") as table:
            table.write("127.0.0.0\t127.0.0.255\t64500\tZZ\tLOOP\n")
        for example in examples:
            check("--duration" in example, "an example that does not end:", example)
            done = subprocess.run(["sh", "-c", example.replace("socketrace", SOCKETRACE, 1)], cwd=folder,
                                  capture_output=True, text=True, timeout=120)
            check_equal(done.returncode, 0, f"status of {example}: {done.stderr}")
    check_equal(socketrace("connect", "--histogram", "--style", "soconnect").status, 2, "conflict")
