# SPDX-License-Identifier: BSD-2-Clause
"""Many at once, on one processor and on all, that interrupt one another inside our programs where the kernel lets
them. What is told is true, and what is not told is counted. Told and truth are printed."""
import collections
import os
import random
import re
import socket

from connect_rows import rows_of
from count_told import operations_of
from dumped import Folder, packets_of
from harness import KERNEL, Tracer, case, check, check_equal, read
from herd import herd
from networks import run
from traffic import TcpPair

EVERY_CPU = tuple(sorted(os.sched_getaffinity(0)))
MSG_FASTOPEN = 0x20000000


def both(check_on):
    """On one processor, which all share; then on all."""
    for what, cpus in (("one processor", (EVERY_CPU[-1],)), ("all processors", EVERY_CPU)):
        check_on(what, cpus)


# Elsewhere nobody is taken off a processor inside the kernel; from 7.0 on also inside programs at tracepoints.
PREEMPTIVE = KERNEL >= (7, 0) or "preempt=full" in read("/proc/cmdline") or "-rt-" in os.uname().release


def check_told(what, told, truth, outcome, exact=not PREEMPTIVE):
    """Both by Counter: nothing that was not so, nothing twice; and what is not there is counted."""
    print(f"     {what}: told / truth {sum(told.values())}/{sum(truth.values())}, lost {outcome.lost},"
          f" missed {outcome.missed}")
    check(not told - truth, what, "told, and not so:", list((told - truth).items())[:5])
    check_equal(outcome.lost, 0, "lost")
    # What was missed may have been no attempt, call or message of these: a change of state at the other end.
    if exact or not outcome.missed:
        check(told == truth, what, "not told:", list((truth - told).items())[:5], outcome.err)


def address(job, number):
    return f"127.{job}.{number >> 8}.{number & 255}"


def connects(job, count):
    """UDP, each to another address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for number in range(count):
            one.connect((address(job, number), 9))


def fast_opens(job, count, port):
    """TCP, each to another address, the SYN with data by sendto: no connect(2)."""
    for number in range(count):
        with socket.socket() as one:
            one.sendto(b"x", MSG_FASTOPEN, (address(job, number), port))


@case
def attempts_to_connect():
    run("sysctl", "-q", "net.ipv4.tcp_fastopen=0x607")

    def on(what, cpus):
        with socket.socket() as listener:
            listener.bind(("0.0.0.0", 0))
            listener.listen(4096)
            port = listener.getsockname()[1]
            with Tracer("connect", "--filter-comm", "python3") as tracer:
                herd(lambda: connects(1, 1000), lambda: connects(2, 1000), lambda: connects(3, 1000),
                     lambda: fast_opens(4, 250, port), cpus=cpus)
                outcome = tracer.stop().ok()
        truth = collections.Counter(f"{address(job, number)}:9" for job in (1, 2, 3) for number in range(1000))
        truth.update(f"{address(4, number)}:{port}" for number in range(250))
        rows = rows_of(outcome)
        check_told(what, collections.Counter(row["to"] for row in rows), truth, outcome)
        check_equal({row["result"] for row in rows}, {"OK"}, "results")

    both(on)


@case
def lines_of_calls():
    def binds(job, count):
        for number in range(count):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                one.bind((address(job, number), 0))

    def on(what, cpus):
        with Tracer("calls", "connect", "bind", "--filter-comm", "python3") as tracer:
            herd(*(lambda job=job: connects(job, 1000) for job in (1, 2, 3)),
                 *(lambda job=job: binds(job, 500) for job in (4, 5)), cpus=cpus)
            outcome = tracer.stop().ok()
        told = collections.Counter(re.findall(r"\b(connect|bind)\((127\.\d\.\d+\.\d+):\d+\)", outcome.out))
        check_equal(told.total(), len(outcome.out.splitlines()), "lines that say what was called, and of whom")
        truth = collections.Counter(("connect", address(job, number)) for job in (1, 2, 3) for number in range(1000))
        truth.update(("bind", address(job, number)) for job in (4, 5) for number in range(500))
        check_told(what, told, truth, outcome)

    both(on)


@case
def counted_calls():
    def talks(count):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.bind(("127.0.0.1", 0))
            for _ in range(count):
                one.sendto(b"12345678", one.getsockname())
                one.recv(100)

    def on(what, cpus):
        with Tracer("count", "calls", "-i", 0, "--filter-comm", "python3") as counter:
            herd(*[lambda: talks(1000)] * 4, cpus=cpus)
            outcome = counter.stop().ok()
        told = {name: done for name, done in operations_of(outcome.out).items() if name in ("send", "receive")}
        check_equal({(errors, size) for calls, errors, size in told.values()},
                    {(0, 8 * calls) for calls, _, _ in told.values()}, "errors and bytes")
        check_told(what, collections.Counter({name: calls for name, (calls, _, _) in told.items()}),
                   collections.Counter(send=4000, receive=4000), outcome)

    both(on)


def sent_to(server, messages):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.connect(server)
        for message in messages:
            one.send(message)


def dumped(what, cpus, herds):
    """herds: the messages of each process. All of them must be there, byte by byte."""
    truth = collections.Counter(message for messages in herds for message in messages)
    count = sum(truth.values())
    with Folder() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(folder + "/server")
        with Tracer("dump", "*server", "--type", "dgram", "--format", "pcap", "-o", "/dev/shm/told") as tracer:
            herd(*(lambda m=m: sent_to(folder + "/server", m) for m in herds),
                 lambda: [server.recv(65536) for _ in range(count)], cpus=cpus)
            outcome = tracer.stop().ok()
        told = collections.Counter(payload for _, _, _, payload, _ in packets_of("/dev/shm/told"))
        os.unlink("/dev/shm/told")
    check_told(what, told, truth, outcome)


@case
def long_datagrams():
    noise = random.Random(7).randbytes(40000)
    herds = [[bytes([sender, number]) + noise[number:number + 32766] for number in range(75)] for sender in range(6)]
    both(lambda what, cpus: dumped(what, cpus, herds))


@case
def short_datagrams():
    herds = [[b"%d %d" % (sender, number) + b"." * 50 for number in range(500)] for sender in range(8)]
    both(lambda what, cpus: dumped(what, cpus, herds))


@case
def hits():
    def talks(pair):
        for _ in range(60):
            pair.client.send(b"q" * 40)
            pair.server.recv(100)
            pair.server.send(b"a" * 40)
            pair.client.recv(100)

    def on(what, cpus):
        pairs = [TcpPair().connect() for _ in range(8)]
        with Tracer("--filter-funcs", "tcp_sendmsg", "--filter-comm", "python3") as tracer:
            herd(*(lambda pair=pair: talks(pair) for pair in pairs), cpus=cpus)
            outcome = tracer.stop().ok()
        for pair in pairs:
            pair.close()
        check_told(what, collections.Counter(hit.func for hit in outcome.hits),
                   collections.Counter(tcp_sendmsg=960), outcome, exact=True)

    both(on)
