# SPDX-License-Identifier: BSD-2-Clause
"""Limits, loss and overload: every hit is printed or counted."""
import os
import re
import signal
import socket
import time

from harness import (HAS_MULTI, TRACEFS, Tracer, case, check, check_equal, check_no_residue,
                     read)
from traffic import TcpPair, reading, run_as

EXACT = "tcp_sendmsg|tcp_recvmsg|__tcp_transmit_skb"
SOCK_FUNCTIONS = EXACT.split("|") + ["tcp_rcv_established", "tcp_ack", "tcp_write_xmit"]


@case
def exactly_50_hits_then_a_normal_end():
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_.*", "--trace-types", "sock",
                    "--output-limit-lines", 50) as tracer:
            pair.roundtrips(100)
            outcome = tracer.wait(120).ok()
    check_equal(len(outcome.hits), 50, "hits")
    check_equal(outcome.printed, 50, "hits in the summary")
    for hit in outcome.hits:
        check(f":{pair.port}" in hit.local + hit.remote, "a foreign line:", hit.text)


@case
def limit_of_one():
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg",
                    "--output-limit-lines", 1) as tracer:
            pair.roundtrips(5)
            outcome = tracer.wait(120).ok()
    check_equal(len(outcome.hits), 1, "hits")


class Counted:
    """An independent count of calls: the kernel's own kprobe events, without BPF and without filter.
    with Counted("f", "g") as c: traffic(); then c.hits["f"]."""

    def __init__(self, *functions):
        self.functions, self.hits = functions, {}

    def __enter__(self):
        for name in self.functions:
            self._write("kprobe_events", f"p:socketrace_test/{name} {name}\n")
        self._write("events/socketrace_test/enable", "1")
        return self

    def __exit__(self, *_):
        time.sleep(0.5)  # a delayed ACK (40 ms) belongs to both counts or to none
        self._write("events/socketrace_test/enable", "0")
        for line in read(TRACEFS + "/kprobe_profile").splitlines():
            name, hits, missed = line.split()
            if name not in self.functions:  # socketrace's own, on kernels where it has probe events
                continue
            check_equal(missed, "0", "missed by the independent counter")
            self.hits[name] = int(hits)
        for name in self.functions:
            self._write("kprobe_events", f"-:socketrace_test/{name}\n")

    @staticmethod
    def _write(name, text):
        # Not open(..., "a"): it seeks, which these files refuse; without O_APPEND, truncating
        # kprobe_events would remove every probe event.
        fd = os.open(f"{TRACEFS}/{name}", os.O_WRONLY | os.O_APPEND)
        os.write(fd, text.encode())
        os.close(fd)


def count_functions(hits):
    counts = {}
    for hit in hits:
        counts[hit.func] = counts.get(hit.func, 0) + 1
    return counts


@case
def nothing_lost_with_three_functions():
    """All TCP in the guest is this pair's, so an unfiltered count must be ours."""
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", EXACT,
                    "--trace-types", "sock") as tracer:
            with Counted(*EXACT.split("|")) as counted:
                pair.roundtrips(300)
            outcome = tracer.stop().ok()
    counts = count_functions(outcome.hits)
    check_equal(counts.get("tcp_sendmsg"), 600, "tcp_sendmsg")
    check_equal(counts, counted.hits, "counts, and those of the independent counter")
    check_equal(outcome.lost, 0, "lost")
    check_equal(outcome.printed, len(outcome.hits), "printed in the summary")
    check_no_residue()


@case
def nothing_lost_with_all_functions():
    types = ["--trace-types", "sock,socket,sk_buff"] if HAS_MULTI else []
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, *types, timeout=600) as tracer:
            with Counted(*SOCK_FUNCTIONS) as counted:
                pair.roundtrips(300)
            outcome = tracer.stop().ok()
    counts = count_functions(outcome.hits)
    # An interrupt, or a task that preempts, on a CPU where a probe is just running finds the
    # programs busy: such a hit is counted as missed, where the kernel tells.
    check(outcome.missed or counts.get("tcp_sendmsg") == 600, "tcp_sendmsg:",
          counts.get("tcp_sendmsg"), outcome.err)
    short = sum(counted.hits[name] - counts.get(name, 0) for name in SOCK_FUNCTIONS)
    check(0 <= short <= (3 if outcome.missed is None else outcome.missed), "counts:", counts,
          "independent:", counted.hits, outcome.err)
    check_equal(outcome.lost, 0, "lost")
    check_equal(outcome.printed, len(outcome.hits), "printed in the summary")
    check(len(counts) > 30, "few functions were hit:", sorted(counts))
    check_no_residue(300)


@case
def overload_counts_every_loss():
    """The smallest ring, a reader that does not read: printed + lost is every hit, traffic goes on."""
    rounds = 3000
    read_end, write_end = os.pipe()
    with TcpPair().connect() as pair:
        tracer = Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg",
                        "--buffer-size", "4096", stdout=write_end)
        tracer.start()
        os.close(write_end)
        pair.roundtrips(rounds)  # ends although nobody reads our output
        with reading(read_end) as chunks:
            outcome = tracer.stop().ok()
    printed = b"".join(chunks).decode().count("\n") - 1
    check_equal(outcome.printed, printed, "printed in the summary")
    check_equal(printed + outcome.lost, 2 * rounds, "printed + lost")
    check(outcome.lost > 0, "nothing was lost: this is no overload")


@case
def a_slow_host_of_many_writers():
    """Four processes at once on two CPUs: the account still closes exactly."""
    with Tracer("--filter-comm", "many*", "--filter-funcs", "tcp_sendmsg",
                "--buffer-size", "64K") as tracer:
        def work():
            with TcpPair().connect() as pair:
                pair.roundtrips(500)

        children = []
        for number in range(4):
            pid = os.fork()
            if pid == 0:
                run_as(f"many{number}", work)
                os._exit(0)
            children.append(pid)
        for pid in children:
            check_equal(os.waitpid(pid, 0)[1], 0, "a writer's wait status")
        outcome = tracer.stop().ok()
    check_equal(outcome.printed, len(outcome.hits), "printed in the summary")
    total = outcome.printed + outcome.lost
    if outcome.missed is None or outcome.missed == 0:
        check_equal(total, 4 * 1000, "printed + lost")
    else:
        check(4 * 1000 - outcome.missed <= total <= 4 * 1000, "printed + lost + missed:", total)


def times_asleep(pid):
    status = read(f"/proc/{pid}/status")
    return int(status.split("voluntary_ctxt_switches:")[1].split()[0])


@case
def without_hits_the_reader_sleeps_and_the_next_hit_wakes_it():
    """It looks ten times a second while hits come, once a second when none do."""
    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg") as tracer:
            for round_trips in (1, 2):
                time.sleep(3)  # asleep, if it ever will be
                before = times_asleep(tracer.process.pid)
                time.sleep(5)
                woken = times_asleep(tracer.process.pid) - before
                check(woken <= 20, f"looked {woken} times in 5 s")
                pair.roundtrips(1)
                # The header as well.
                while read(tracer.out_path).count("\n") < 1 + 2 * round_trips:
                    check(tracer.process.poll() is None, "ended early:\n", tracer.stderr())
                    time.sleep(0.1)
            outcome = tracer.stop().ok()
    check_equal(outcome.printed, 4, "hits")


@case
def losses_are_told_while_they_happen():
    """Who is killed tells nothing at the end."""
    with TcpPair().connect() as pair, Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg",
                                             "--buffer-size", "4096") as tracer:
        end = time.monotonic() + 60
        while "hits lost in the last" not in tracer.stderr():
            check(time.monotonic() < end, "nothing was said:", tracer.stderr())
            os.kill(tracer.process.pid, signal.SIGSTOP)  # the reader does not keep up
            pair.roundtrips(200)
            os.kill(tracer.process.pid, signal.SIGCONT)
            time.sleep(0.1)
        outcome = tracer.stop().ok()
    told = [(int(now), int(all_of_it)) for now, all_of_it in
            re.findall(r"socketrace: (\d+) hits lost in the last \d+ s \(ring full; (\d+) in all\): a larger", outcome.err)]
    check(told, outcome.err)
    check_equal(sum(now for now, _ in told), told[-1][1], "told one after the other")
    check(0 < told[-1][1] <= outcome.lost, told, outcome.lost)


@case
def losses_are_told_by_sub_commands_too():
    """Of what the kernel misses where it may take a task off the processor inside a program, and of a full ring."""
    with Tracer("calls", "sendto", "--filter-comm", "python3", "--buffer-size", "4096") as tracer, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        end = time.monotonic() + 60
        while "hits lost in the last" not in tracer.stderr():
            check(time.monotonic() < end, "nothing was said:", tracer.stderr())
            os.kill(tracer.process.pid, signal.SIGSTOP)
            for _ in range(200):
                sender.sendto(b"x", ("127.0.0.1", 9))
            os.kill(tracer.process.pid, signal.SIGCONT)
            time.sleep(0.1)
        outcome = tracer.stop().ok()
    check(outcome.lost > 0, outcome.err)
