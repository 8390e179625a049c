# SPDX-License-Identifier: BSD-2-Clause
"""Calls that seccomp refuses: they have an end and no beginning, and are told all the same."""
import errno
import socket

from connect_rows import connect, one_row, rows_of
from count_told import operations_of
from harness import Tracer, case, check, check_equal
from refusing import refuse
from traffic import run_as


def calls_that_are_refused(port):
    refuse("connect")
    check_equal(connect(socket.AF_INET, ("127.0.0.1", port))[0], errno.EPERM, "connect(2)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        check_equal(one.connect_ex(("127.0.0.2", port)), errno.EPERM, "connect(2) of UDP")
        one.bind(("127.0.0.1", 0))


@case
def attempts_that_seccomp_refuses_are_told():
    for arguments in ((), ("--failed",), ("--filter-port", 7009), ("--filter-addr", "127.0.0.1/31")):
        with Tracer("connect", "--filter-comm", "refused", *arguments) as tracer:
            pid = run_as("refused", calls_that_are_refused, 7009)
            outcome = tracer.stop().ok()
        rows = rows_of(outcome)
        truth = 1 if "--filter-addr" in arguments else 2
        check_equal(len(rows), truth, f"lines with {arguments}: {outcome.out}")
        row = one_row(rows, "127.0.0.1:7009")
        check_equal((row["result"], row["pid"]), ("EPERM", str(pid)), str(row))


@case
def calls_that_seccomp_refuses_are_shown_and_counted():
    with Tracer("calls", "connect", "bind", "--filter-comm", "refused") as tracer:
        run_as("refused", calls_that_are_refused, 7009)
        outcome = tracer.stop().ok()
    lines = outcome.out.splitlines()
    check_equal([line.rpartition(" = ")[2] for line in lines], ["-1 [EPERM]", "-1 [EPERM]", "0"], outcome.out)
    check("connect(127.0.0.1:7009)" in lines[0] and "connect(127.0.0.2:7009)" in lines[1], outcome.out)
    with Tracer("count", "calls", "-i", 0, "--filter-comm", "refused") as counter:
        run_as("refused", calls_that_are_refused, 7009)
        counted = counter.stop().ok()
    told = operations_of(counted.out)
    check_equal((told["connect"][:2], told["bind"][:2]), ([2, 2], [1, 0]), counted.out)
    with Tracer("count", "--by", "port", "-i", 0, "--filter-comm", "refused") as counter:
        run_as("refused", calls_that_are_refused, 7009)
        counted = counter.stop().ok()
    check("connect failed  refused, 7009: 2" in counted.out, counted.out)
