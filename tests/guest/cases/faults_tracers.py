# SPDX-License-Identifier: BSD-2-Clause
"""Other tracers at the same functions: F18, F21 (see tests/guest/FAULTS.md): the kernel's own, by hand, pwru
and bpftrace, which the root file system `peers` has."""
import contextlib
import os
import time

from cases.ends import FEW
from cases.faults_kernel_files import append
from cases.limits import Counted, count_functions
from harness import (TELLS_MISSED, TRACEFS, Tracer, armed_functions, case, check, check_equal,
                     check_no_residue, read)
from peer import Peer
from traffic import TcpPair, in_thread, udp_pair

NAMES = FEW[1].split("|")


class FunctionTracer:
    """ftrace's own, in an instance; seen() says how often it saw tcp_sendmsg since the last time."""

    def __enter__(self):
        self.place = "instances/f18"
        os.mkdir(f"{TRACEFS}/{self.place}")
        for name in NAMES:
            append(self.place + "/set_ftrace_filter", name + "\n")
        append(self.place + "/current_tracer", "function")
        return self

    def seen(self):
        count = read(f"{TRACEFS}/{self.place}/trace").count(": tcp_sendmsg <-")
        with open(f"{TRACEFS}/{self.place}/trace", "w", encoding="ascii"):
            pass  # opening for writing clears it
        return count

    def __exit__(self, *_):
        append(self.place + "/current_tracer", "nop")
        os.rmdir(f"{TRACEFS}/{self.place}")


class ProbeEvent:
    """What `perf probe` makes: a kprobe event."""

    def __enter__(self):
        append("kprobe_events", "p:f18/tcp_sendmsg tcp_sendmsg\n")
        append("events/f18/enable", "1")
        self.before = 0
        return self

    def seen(self):
        for line in read(TRACEFS + "/kprobe_profile").splitlines():
            name, hits, _ = line.split()
            if name == "tcp_sendmsg":
                since, self.before = int(hits) - self.before, int(hits)
                return since
        return 0

    def __exit__(self, *_):
        append("events/f18/enable", "0")
        append("kprobe_events", "-:f18/tcp_sendmsg\n")


class Printing(Peer):
    """A line for each hit is simplest to count."""

    def __init__(self, ready, hit, *command):
        super().__init__(*command)
        self.ready, self.hit = ready, hit

    def until_ready(self):
        self.until(lambda text: self.ready in text, 120)
        self.read_up_to = len(self.text())

    def seen(self):
        time.sleep(2)
        text = self.text()
        since, self.read_up_to = text[self.read_up_to:], len(text)
        return since.count(self.hit)


class Bpftrace(Printing):
    def __init__(self):
        super().__init__("READY", "S\n", "bpftrace", "-e",
                         'BEGIN { printf("READY\\n"); } kprobe:tcp_sendmsg { printf("S\\n"); }')


class Pwru(Printing):
    def __init__(self):  # each round trip is at least two segments
        super().__init__("Listening for events", "tcp_v4_rcv",
                         "pwru", "--filter-func", "tcp_v4_rcv|ip_rcv", "--output-tuple", "tcp")


def others():
    yield FunctionTracer, True
    yield ProbeEvent, True
    yield Bpftrace, False
    yield Pwru, False


def check_both(pair, tracer, other, exact):
    pair.roundtrips(5)
    seen = other.seen()
    # A BPF kprobe of somebody else's on the same CPU can cost either side a nested hit.
    check(seen == 10 if exact else seen > 0, f"{type(other).__name__} saw {seen} of 10")


def check_ours(outcome, sends):
    got = count_functions(outcome.hits).get("tcp_sendmsg", 0)
    check(got == sends or (outcome.missed or 0) > 0, f"tcp_sendmsg: {got} of {sends}", outcome.err)


@case
def f18_other_tracers_running_before():
    for kind, exact in others():
        with TcpPair().connect() as pair:
            with kind() as other:
                before = len(armed_functions())
                with Tracer(*FEW, "--filter-port", pair.port) as tracer:
                    check_both(pair, tracer, other, exact)
                    outcome = tracer.stop().ok()
                check_ours(outcome, 10)
                check_equal(outcome.attached, 3, "attached")
                pair.roundtrips(5)  # theirs goes on as it was
                check(other.seen() > 0, f"{kind.__name__} sees nothing after we are gone")
                end = time.monotonic() + 60
                while len(armed_functions()) != before:
                    check(time.monotonic() < end, "armed before", before, "after", armed_functions())
                    time.sleep(0.2)
        check_no_residue()


@case
def f18_other_tracers_that_start_and_end_during():
    for kind, exact in others():
        with TcpPair().connect() as pair:
            with Tracer(*FEW, "--filter-port", pair.port) as tracer:
                pair.roundtrips(5)
                with kind() as other:
                    check_both(pair, tracer, other, exact)
                pair.roundtrips(5)
                outcome = tracer.stop().ok()
            check_ours(outcome, 30)
        check_no_residue()


@contextlib.contextmanager
def udp_flood():
    """Softirqs on whatever CPU: they interrupt the probes of others."""
    running = True

    def flood():
        client, server = udp_pair()
        server.setblocking(False)
        with client, server:
            while running:
                client.send(b"x")
                with contextlib.suppress(BlockingIOError):
                    server.recv(16)

    with in_thread(flood):
        try:
            yield
        finally:
            running = False


@case
def f21_nested_hits_are_counted():
    """Unfiltered, so that the kernel's missed counts, which know no filter, are of the same hits:
    printed + lost + missed is what kprobe events, which run no BPF, count."""
    functions = ["tcp_sendmsg", "__tcp_transmit_skb", "tcp_v4_rcv", "tcp_ack", "udp_queue_rcv_skb"]
    pattern = "|".join(functions)
    with TcpPair().connect() as pair:
        with Tracer("--filter-funcs", pattern, "--trace-types", "sock,sk_buff", "--buffer-size",
                    "256K") as tracer, Tracer("--filter-funcs", pattern) as second:
            with Counted(*functions) as counted:
                with udp_flood():
                    pair.roundtrips(200)
                time.sleep(0.5)
            outcome = tracer.stop().ok()
            second.stop().ok()
    total = sum(counted.hits.values())
    check(total > 2000, "too few hits:", counted.hits)
    told = outcome.printed + outcome.lost
    if outcome.missed is None:
        check(told <= total, f"printed + lost {told} of {total}", outcome.err)
        check(not TELLS_MISSED, "missed hits are unknown:", outcome.err)
    else:
        check_equal(told + outcome.missed, total, "printed + lost + missed:\n" + outcome.err)
    check_no_residue()
