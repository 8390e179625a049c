# SPDX-License-Identifier: BSD-2-Clause
"""`socketrace count` beside bpftrace, both at the same traffic: the same numbers, exactly. bpftrace is in the
root file system `peers`, which scripts/test boots."""
import collections
import re

from count_told import COMM, drive, functions_of, intervals_of, operations_of
from harness import KERNEL, Tracer, case, check_equal, check_no_residue
from peer import Peer

WARM = "countwarm"
PEEK = 2  # MSG_PEEK takes nothing
CALLS = {"accept": "accept", "accept4": "accept", "connect": "connect", "bind": "bind",
         "socket": "socket", "socketpair": "socket"}
# Splicing from a socket passes by every other hook.
SPLICE = "sock_splice_read"
# All sends and receives pass these tracepoints since 6.5, when sendpage went; it had none.
IO_TRACEPOINTS = {"sock_send_length": "send", "sock_recv_length": "receive"}
# Before: what the driver sends and receives goes by AF_INET's own, sendfile and splice by sendpage.
IO_FUNCTIONS = {"inet_sendmsg": "send", "inet_sendpage": "send", "inet_recvmsg": "receive"}
IO = {SPLICE: "receive"} | (IO_TRACEPOINTS if KERNEL >= (6, 5) else IO_FUNCTIONS)
OPERATIONS = CALLS | IO
FUNCTIONS = ("tcp_sendmsg", "tcp_recvmsg", "unix_stream_connect")
OURS = f'/comm == "{COMM}" || comm == "{WARM}"/'


def counting(hook, place, result, flags=None):
    """bpftrace's words for: count at `hook` by comm and place; flags are those of a send or receive."""
    text = f"{hook} {OURS} {{\n"
    text += f'  @calls[comm, "{place}"] = count();\n'
    text += f'  if ({result} < 0 && {result} != -115) {{ @errors[comm, "{place}"] = count(); }}\n'
    if flags is not None:
        text += f'  if ({result} > 0 && ({flags} & {PEEK}) == 0) {{ @bytes[comm, "{place}"] = sum({result}); }}\n'
    return text + "}\n"


def program():
    """Counts by comm and place: calls, errors, bytes. Tells what it has as it goes."""
    text = "".join(counting("tracepoint:syscalls:sys_exit_" + call, call, "args.ret") for call in CALLS)
    for place in IO:
        if place in IO_TRACEPOINTS:
            text += counting("tracepoint:sock:" + place, place, "args.ret", "args.flags")
            continue
        # An int comes back in half a register.
        result, flags = "(int64)(int32)retval", "0"
        if place == "inet_recvmsg":
            text += f"kprobe:{place} {OURS} {{ @flags[tid] = arg3; }}\n"
            flags = "@flags[tid]"
        text += counting("kretprobe:" + place, place, result, flags)
    for function in FUNCTIONS:
        text += f'kprobe:{function} {OURS} {{ @calls[comm, "{function}"] = count(); }}\n'
    return text + "interval:ms:500 { print(@calls); }\n"


class Bpftrace(Peer):
    patience = 120

    def __init__(self):
        super().__init__("bpftrace", "-e", program())

    def until_ready(self):
        """That is what has seen something: it has no other sign of it."""
        self.until(lambda text: all(f"@calls[{WARM}, {place}]" in text for place in (*OPERATIONS, *FUNCTIONS)),
                   300, lambda: drive("families", "input_and_output", comm=WARM))

    def maps(self):
        """{map: {place: number}} of the driver, as bpftrace prints its maps at its end."""
        self.stop()
        maps = collections.defaultdict(dict)
        for name, place, number in re.findall(rf"^@(\w+)\[{COMM}, (\w+)\]: (\d+)$", self.text(), re.M):
            maps[name][place] = int(number)  # the last print is the whole
        return maps


def as_operations(maps):
    got = collections.defaultdict(lambda: [0, 0, 0])
    for column, name in enumerate(("calls", "errors", "bytes")):
        for place, number in maps[name].items():
            if place in OPERATIONS:
                got[OPERATIONS[place]][column] += number
    return dict(got)


@case
def counts_equal_those_of_bpftrace():
    with Bpftrace() as other, \
            Tracer("count", "calls", "-i", 0, "--filter-comm", COMM) as calls, \
            Tracer("count", "functions", "-i", 0, "--filter-comm", COMM, "--filter-funcs",
                   "|".join(FUNCTIONS)) as functions:
        _, counts, _ = drive("families", "input_and_output")
        by_calls = calls.stop().ok()
        by_functions = functions.stop().ok()
        maps = other.maps()
    for counted in (by_calls, by_functions):
        check_equal((counted.lost, counted.missed or 0), (0, 0), "not seen")
    check_equal(operations_of(by_calls.out), as_operations(maps), "operations, bpftrace's")
    check_equal(operations_of(by_calls.out), counts, "operations, the driver's")
    (lines,) = intervals_of(by_functions.out)
    check_equal(functions_of(lines), {f: maps["calls"][f] for f in FUNCTIONS}, "functions")
    check_no_residue()
