# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace count`: what it counts is what was done, exactly."""
import collections
import json
import os
import re
import shlex
import socket
import subprocess
import tempfile
import time

from count_driver import MPTCP, Driver
from harness import (HAS_MULTI, KERNEL, SOCKETRACE, Tracer, case, check, check_equal,
                     check_no_residue, socketrace)
from io_uring import Ring
from traffic import TcpPair, in_thread, run_as

COMM = "countdrv"
CLOCK = re.compile(r"\d\d:\d\d:\d\d")


def intervals_of(text):
    """Lists of the lines of each interval; every line must belong to one."""
    intervals = []
    for line in text.splitlines():
        if CLOCK.fullmatch(line):
            intervals.append([])
        else:
            check(intervals, "a line before the first time:", repr(line))
            intervals[-1].append(line)
    return intervals


def functions_of(lines):
    if not lines:
        return {}
    check_equal(lines[0].split(), ["COUNT", "FUNCTION"], "header")
    found = {}
    for line in lines[1:]:
        match = re.fullmatch(r" *(\d+) (\S+)(?: \[\S+\])?", line)
        check(match, "not a count:", repr(line))
        found[match[2]] = found.get(match[2], 0) + int(match[1])
    counts = [int(line.split()[0]) for line in lines[1:]]
    check_equal(counts, sorted(counts, reverse=True), "order")
    check_equal({len(line.split(" FUNCTION")[0]) for line in lines[:1]},
                {re.match(r" *\d+", line).end() for line in lines[1:]}, "width of the column")
    return found


def drive(*calls, comm=COMM):
    """Those calls of Driver, in a process of its own of that name."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
        def child():
            driver = Driver()
            for call in calls:
                getattr(driver, call)()
            with open(told.name, "w", encoding="ascii") as f:
                json.dump([driver.counts, [[*key, n] for key, n in driver.outcomes.items()]], f)
        pid = run_as(comm, child)
        counts, outcomes = json.load(told)
    return pid, counts, {(o, family, protocol): n for o, family, protocol, n in outcomes}


@case
def functions_are_what_the_main_command_prints():
    """Side by side on the same traffic: each function as often as it has lines."""
    functions = "tcp_.*|inet_.*|sock_.*" if HAS_MULTI else "tcp_sendmsg|tcp_recvmsg|inet_sendmsg"
    with TcpPair().connect() as pair:
        select = ["--filter-port", pair.port, "--filter-funcs", functions]
        with Tracer(*select) as printer, Tracer("count", "functions", "-i", 0, *select) as counter:
            pair.roundtrips(40)
            time.sleep(1)  # for the timers of the last segments: delayed acknowledgements
            printed = printer.stop().ok()
            counted = counter.stop().ok()
    check_equal((printed.lost, printed.missed or 0, counted.missed or 0), (0, 0, 0), "not seen")
    lines = collections.Counter(hit.func for hit in printed.hits)
    (interval,) = intervals_of(counted.out)
    counts = functions_of(interval)
    check_equal(counts, dict(lines), "hits of each function")
    check_equal(counts["tcp_sendmsg"], 80, "tcp_sendmsg")
    check_equal(counted.printed, sum(lines.values()), "the sum on stderr")
    check_no_residue()


@case
def functions_without_a_filter_of_sockets():
    """Nothing is read of the socket then; the process is asked for all the same."""
    with TcpPair().connect() as pair:
        with Tracer("count", "functions", "-i", 0, "--filter-pid", os.getpid(), "--filter-funcs",
                    "tcp_sendmsg|tcp_recvmsg") as counter:
            pair.roundtrips(25)
            run_as("other", pair.roundtrips, 5)
            counted = counter.stop().ok()
    check_equal(functions_of(intervals_of(counted.out)[0]), {"tcp_sendmsg": 50, "tcp_recvmsg": 50},
                "hits")


@case
def functions_by_every_way():
    """Told apart by their cookies or by their addresses, as the way has them."""
    functions = ("inet_sendmsg", "tcp_sendmsg", "tcp_recvmsg")
    for way in ["kprobe-event", "kprobe"] + ["kprobe-multi"] * HAS_MULTI:
        with TcpPair().connect() as pair:
            with Tracer("count", "functions", "-i", 0, "--kprobe-way", way, "--filter-port",
                        pair.port, "--filter-funcs", "|".join(functions)) as counter:
                check(f"3 of 3 functions by {way} " in counter.stderr(), counter.stderr())
                pair.roundtrips(15)
                counted = counter.stop().ok()
        check_equal(functions_of(intervals_of(counted.out)[0]), dict.fromkeys(functions, 30),
                    "hits by " + way)
        check_no_residue()


@case
def intervals_add_up():
    with TcpPair().connect() as pair:
        with Tracer("count", "functions", "-i", "0.5", "-n", 4, "--filter-port", pair.port,
                    "--filter-funcs", "tcp_sendmsg") as counter:
            pair.roundtrips(30)
            counted = counter.wait().ok()  # ends by itself
    intervals = [functions_of(lines) for lines in intervals_of(counted.out)]
    check_equal(len(intervals), 4, "intervals")
    check_equal(sum(i.get("tcp_sendmsg", 0) for i in intervals), 60, "tcp_sendmsg in all")
    check_equal(counted.printed, 60, "the sum on stderr")


@case
def an_interrupt_prints_the_last_interval():
    with TcpPair().connect() as pair:
        with Tracer("count", "functions", "-i", 3600, "--filter-port", pair.port, "--filter-funcs",
                    "tcp_sendmsg") as counter:
            pair.roundtrips(10)
            counted = counter.stop().ok()
    check_equal([functions_of(lines) for lines in intervals_of(counted.out)], [{"tcp_sendmsg": 20}],
                "intervals")


def operations_of(text):
    """{operation: [calls, errors, bytes]} of the only interval."""
    (lines,) = intervals_of(text)
    check_equal(lines[0].split(), ["COUNT", "ERRORS", "BYTES", "OPERATION"], "header")
    got = {}
    for line in lines[1:]:
        calls, errors, size, operation = line.split()
        got[operation] = [int(calls), int(errors), 0 if size == "-" else int(size)]
    return got


@case
def calls_equal_the_drivers_own_count():
    with Tracer("count", "calls", "-i", 0, "--filter-comm", COMM) as counter:
        _, counts, _ = drive("families", "input_and_output")
        counted = counter.stop().ok()
    check_equal((counted.lost, counted.missed or 0), (0, 0), "not seen")
    check_equal(operations_of(counted.out), counts, "operations")
    check_equal(counted.printed, sum(c[0] for c in counts.values()), "the sum on stderr")
    check_no_residue()


@case
def calls_of_matching_sockets_only():
    with TcpPair().connect() as pair, TcpPair().connect() as other:
        with Tracer("count", "calls", "-i", 0, "--filter-port", pair.port) as counter:
            pair.roundtrips(10)
            other.roundtrips(10)
            counted = counter.stop().ok()
    (lines,) = intervals_of(counted.out)
    got = {line.split()[3]: [int(n) for n in line.split()[:3]] for line in lines[1:]}
    check_equal(got, {"send": [20, 0, 1280], "receive": [20, 0, 1280]}, "operations")


@case
def calls_by_io_uring():
    """Counted where a tracepoint has all sends and receives; elsewhere said not to be."""
    def child(pair):
        ring = Ring()
        for _ in range(5):
            check_equal(ring.send(pair.client, b"u" * 40), 40, "sent")
            check_equal(ring.receive(pair.server, 100), 40, "received")
        pair.client.send(b"plain")
        check_equal(len(pair.server.recv(100)), 5, "received")
        ring.close()

    with TcpPair().connect() as pair:
        with Tracer("count", "calls", "-i", 0, "--filter-comm", COMM) as counter:
            run_as(COMM, child, pair)
            counted = counter.stop().ok()
    seen = KERNEL >= (6, 5)
    check_equal(operations_of(counted.out), {"send": [6, 0, 205] if seen else [1, 0, 5],
                                             "receive": [6, 0, 205] if seen else [1, 0, 5]},
                "operations")
    check_equal("sends and receives by io_uring" in counted.err, not seen, "said in " + counted.err)


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
    """The number of accept4(2), or of accept(2), on x86-64."""
    while open(f"/proc/{pid}/syscall", encoding="ascii").read().split()[0] not in ("288", "43"):
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


@case
def every_filter_with_every_count():
    """Code of a filter that is not set is never seen by the verifier."""
    filters = [["--filter-pid", "1,2"], ["--filter-comm", "a,b*"], ["--filter-uid", "0,1"],
               ["--filter-addr", "10.0.0.0/8,2001:db8::/32"], ["--filter-port", "22,80-90"],
               ["--filter-protocol", "tcp,mptcp"], ["--filter-family", "inet,unix"],
               ["--filter-mark", "1/1,2"], ["--filter-netns", "self,1"]]
    counts = [["calls"], *(["--by", key] for key in
                           ("family", "protocol", "comm", "pid", "port", "addr")),
              ["functions", "--filter-funcs", "tcp_sendmsg|inet_sendmsg|tcp_v4_rcv"]]
    everything = [word for one in filters for word in one]
    for count in counts:
        for chosen in [[], everything] + (filters if count in (["calls"], counts[-1]) else []):
            outcome = socketrace("count", *count, "-i", "0.05", "-n", 1, *chosen).ok()
            check_equal(intervals_of(outcome.out)[1:], [], f"more intervals: {count} {chosen}")


@case
def examples_of_the_help_run():
    text = subprocess.run([SOCKETRACE, "count", "--help"], capture_output=True, text=True,
                          check=True).stdout
    examples = re.findall(r"^  socketrace (count .*)$", text, re.M)
    check(len(examples) >= 4, "examples:", examples)
    for example in examples:
        words = shlex.split(example)
        if not HAS_MULTI and words[1] == "functions":  # a minute or more for each otherwise
            words = [w for w in words if w not in ("--filter-funcs", "tcp_.*")]
            words += ["--filter-funcs", "tcp_sendmsg"]
        outcome = socketrace(*words).ok()
        check(intervals_of(outcome.out), "no interval:", example)


@case
def an_output_file_and_a_limit_of_lines():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/counts"
        with TcpPair().connect() as pair:
            with Tracer("count", "functions", "-i", 0, "-o", path, "--output-limit-lines", 2,
                        "--filter-port", pair.port, "--filter-funcs",
                        "tcp_sendmsg|tcp_recvmsg|inet_sendmsg") as counter:
                pair.roundtrips(3)
                counter.stop().ok()
        with open(path, encoding="ascii") as f:
            (lines,) = intervals_of(f.read())
    check_equal(len(lines), 2, "lines")
