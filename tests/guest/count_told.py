# SPDX-License-Identifier: BSD-2-Clause
"""What `socketrace count` prints, and the driver's own count."""
import json
import re
import tempfile

from count_driver import Driver
from harness import check, check_equal
from traffic import run_as

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


def operations_of(text):
    """{operation: [calls, errors, bytes]} of the only interval."""
    (lines,) = intervals_of(text)
    check_equal(lines[0].split(), ["COUNT", "ERRORS", "BYTES", "OPERATION"], "header")
    got = {}
    for line in lines[1:]:
        calls, errors, size, operation = line.split()
        got[operation] = [int(calls), int(errors), 0 if size == "-" else int(size)]
    return got
