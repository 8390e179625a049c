# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace count`: what it counts is what was done, exactly."""
import re
import shlex
import subprocess
import tempfile

from count_told import COMM, drive, intervals_of, operations_of
from harness import (ALL, HAS_MULTI, KERNEL, SOCKETRACE, Tracer, case, check, check_equal,
                     check_no_residue, socketrace)
from io_uring import Ring
from traffic import TcpPair, run_as


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
        one_by_one = filters if count == ["calls"] or (ALL and count == counts[-1]) else []
        for chosen in [[], everything, *one_by_one]:
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
