# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace count functions`: what it counts is what the main command prints."""
import collections
import os
import time

from count_told import functions_of, intervals_of
from harness import HAS_MULTI, Tracer, case, check, check_equal, check_no_residue
from traffic import TcpPair, run_as


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
