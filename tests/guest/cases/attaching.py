# SPDX-License-Identifier: BSD-2-Clause
"""Ways of attaching: the same hits by each, and nothing left by probe events, which outlive us."""
import os
import re
import signal
import subprocess
import time

from harness import (HAS_MULTI, KERNEL, TRACEFS, Tracer, case, check, check_equal, check_no_residue,
                     read, socketrace)
from traffic import TcpPair

FEW = ["--filter-funcs", "tcp_sendmsg|tcp_recvmsg|__tcp_transmit_skb|tcp_v4_rcv|tcp_ack|sock_poll"]
EVENT = ["--kprobe-way", "kprobe-event"]
# More than one event holds, so that what is killed or stopped is in the middle of its work.
MANY = ["--filter-funcs", "tcp_[a-r].*", "--trace-types", "sock"]
HAS_COOKIES = KERNEL >= (5, 15)


def give(command):
    # Not open(..., "a"): it seeks, which these files refuse; without O_APPEND, truncating
    # kprobe_events would remove every probe event.
    fd = os.open(f"{TRACEFS}/kprobe_events", os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, command.encode() + b"\n")
    finally:
        os.close(fd)


def defined(group=""):
    """Probes in kprobe_events of a group."""
    return [line for line in read(TRACEFS + "/kprobe_events").splitlines() if group in line]


def enabled():
    """What of the kernel's list of kprobes is armed."""
    return [line for line in read("/sys/kernel/debug/kprobes/list").splitlines()
            if "[DISABLED]" not in line]


@case
def all_ways_see_the_same_hits():
    counts = {}
    for way in ["kprobe-event", "kprobe"] + ["kprobe-multi"] * HAS_MULTI:
        with TcpPair().connect() as pair:
            with Tracer("--kprobe-way", way, "--filter-port", pair.port, *FEW) as tracer:
                pair.roundtrips(20)
                time.sleep(0.3)  # a delayed ACK
                outcome = tracer.stop().ok()
        check(f"by {way} in" in outcome.err, outcome.err)
        count = counts[way] = {}
        for hit in outcome.hits:
            count[hit.func] = count.get(hit.func, 0) + 1
        check_equal(count.get("tcp_sendmsg"), 40, "tcp_sendmsg by " + way)
        check_equal(count.get("tcp_recvmsg"), 40, "tcp_recvmsg by " + way)
        check(len(count) >= 5, "few functions by", way, count)
    first = counts["kprobe-event"]
    for way, count in counts.items():
        check_equal(set(count), set(first), "functions hit by " + way)
    check_no_residue()


@case
def hits_by_probe_events_know_their_context():
    """On 5.15 and later they run the program of single kprobes."""
    if not HAS_COOKIES:
        return
    with TcpPair().connect() as pair:
        with Tracer(*EVENT, "--filter-port", pair.port, *FEW) as tracer:
            pair.roundtrips(20)
            hits = tracer.stop().ok().hits
    soft = [hit for hit in hits if hit.extra.get("context") == "softirq"]
    check(any(hit.func == "tcp_v4_rcv" for hit in soft), "no tcp_v4_rcv in softirq")
    check(not any(hit.func == "tcp_sendmsg" for hit in soft), "tcp_sendmsg in softirq")


@case
def the_group_has_our_pid_and_goes_with_us():
    with Tracer(*EVENT, *MANY) as tracer:
        group = f"socketrace_{tracer.process.pid}/"
        probes = defined(group)
        events = {line.split()[0] for line in probes}
        check(64 < len(probes) < 1000, "probes:", len(probes))
        check(len(events) < len(probes) / 8, "events:", events)
        outcome = tracer.stop().ok()
    check_equal(outcome.attached, len(probes), "functions in the summary")
    check(not defined() and not enabled(), "left behind", defined()[:3], enabled()[:3])
    check_no_residue()


@case
def events_go_at_every_end():
    begin = time.monotonic()
    with Tracer(*EVENT, *MANY) as tracer:
        ready = time.monotonic() - begin
        tracer.stop(signal.SIGTERM).ok()
    check_equal(defined(), [], "left by SIGTERM")
    for step in (5, 7):  # in the middle of attaching
        tracer = Tracer(*EVENT, *MANY, wait_ready=False).start()
        time.sleep(ready * step / 8)
        check_equal(tracer.stop().status, 0, f"status at step {step}: " + tracer.stderr())
        check_equal(defined(), [], f"left at step {step}")
    with TcpPair().connect() as pair:
        with Tracer(*EVENT, *FEW, "--filter-port", pair.port, "--output-limit-lines", 3) as tracer:
            pair.roundtrips(10)
            check_equal(tracer.wait().ok().printed, 3, "printed")
    check_equal(defined(), [], "left by the limit")
    check_no_residue()


@case
def sigkill_leaves_disarmed_probes_that_the_next_start_removes():
    with Tracer(*EVENT, *MANY) as tracer:
        tracer.process.kill()
        tracer.process.wait()
    left = defined("socketrace_")
    check(len(left) > 64, "SIGKILL left nothing, so this proves nothing:", left)
    end = time.monotonic() + 60
    while enabled() and time.monotonic() < end:
        time.sleep(0.2)
    check_equal(enabled(), [], "armed after SIGKILL")
    # Of another's, of a living process, and of no number: not ours to touch.
    foreign = ["socketrace_test/f", f"socketrace_{os.getpid()}/f", "other/f"]
    for name in foreign:
        give(f"p:{name} tcp_connect")
    try:
        with Tracer("--filter-funcs", "tcp_sendmsg") as tracer:  # by whatever way
            outcome = tracer.stop().ok()
        check(f"removed {len(left)} disarmed probes" in outcome.err, "no word of it:", outcome.err)
        check_equal([line.split()[0].split(":")[1] for line in defined()], foreign,
                    "what is left, and of the others")
    finally:
        for name in foreign:
            give("-:" + name)
    check_no_residue()


@case
def killed_while_attaching():
    for delay in (1, 2):
        tracer = Tracer(*EVENT, *MANY, wait_ready=False).start()
        time.sleep(delay)
        tracer.process.kill()
        tracer.process.wait()
    with TcpPair().connect() as pair:
        with Tracer(*EVENT, *FEW, "--filter-port", pair.port) as tracer:
            pair.roundtrips(2)
            check(tracer.stop().ok().printed > 0, "no hit after SIGKILL")
    check_no_residue()


@case
def two_groups_at_once():
    with TcpPair().connect() as pair:
        args = [*EVENT, *FEW, "--filter-port", pair.port]
        with Tracer(*args) as one, Tracer(*args) as two:
            pair.roundtrips(5)
            check_equal(len({line.split("/")[0] for line in defined()}), 2, "groups")
            check(one.stop().ok().printed > 0, "the first has no hits")
            check(defined(f"socketrace_{two.process.pid}/"), "the second lost its events")
            pair.roundtrips(5)
            sends = [h for h in two.stop().ok().hits if h.func == "tcp_sendmsg"]
    check(len(sends) == 20 or (two.outcome.missed or 0) > 0, "tcp_sendmsg", len(sends))
    check_no_residue()


@case
def bad_functions_do_not_spoil_an_event():
    blacklisted = re.findall(r"\t(\w+)$", read("/sys/kernel/debug/kprobes/blacklist"), re.M)
    with TcpPair().connect() as pair:
        with Tracer("-v", *EVENT, "--filter-port", pair.port, "--filter-funcs",
                    f"tcp_sendmsg|tcp_recvmsg|no_such_function|{blacklisted[0]}") as tracer:
            pair.roundtrips(3)
            outcome = tracer.stop().ok()
    check_equal(outcome.attached, 2, "attached")
    check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 6, "tcp_sendmsg")
    for name in ("no_such_function", blacklisted[0]):
        check(re.search(rf"skipped {name}: .{{10}}", outcome.err), "no reason for", name)
    check_no_residue()


@case
def read_only_tracefs():
    subprocess.run(["mount", "-o", "remount,ro", TRACEFS], check=True)
    debug = "/sys/kernel/debug/tracing"
    nested = subprocess.run(["mount", "-o", "remount,ro", debug], check=False,
                            capture_output=True).returncode == 0
    try:
        outcome = socketrace(*EVENT, *FEW)
        check_equal(outcome.status, 1, "status of the forced way: " + outcome.err)
        check("kprobe-event" in outcome.err and "Read-only" in outcome.err, outcome.err)
        with TcpPair().connect() as pair:
            with Tracer(*FEW, "--filter-port", pair.port) as tracer:
                pair.roundtrips(3)
                outcome = tracer.stop().ok()
        check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 6, "tcp_sendmsg")
        if HAS_COOKIES and not HAS_MULTI:
            told = [line for line in outcome.err.splitlines() if "Read-only" in line]
            check_equal(len(told), 1, "lines on why not by events: " + outcome.err)
            check(" by kprobe in " in outcome.err, outcome.err)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", TRACEFS], check=True)
        if nested:
            subprocess.run(["mount", "-o", "remount,rw", debug], check=False)
    check_no_residue()


@case
def grace_periods_are_expedited_only_while_we_wait_for_them():
    def setting():
        return read("/sys/kernel/rcu_expedited").strip()

    def write(path, value):
        with open(path, "w", encoding="ascii") as f:
            f.write(value)

    check_equal(setting(), "0", "the setting before")
    tracer = Tracer("--expedite-rcu", "--kprobe-way", "kprobe", *MANY, wait_ready=False).start()
    end = time.monotonic() + 60
    while setting() != "1":
        check(time.monotonic() < end, "not expedited while attaching:", tracer.stderr())
        time.sleep(0.02)
    tracer.until_stderr(Tracer.READY)
    check_equal(setting(), "0", "the setting while tracing")
    tracer.stop().ok()
    check_equal(setting(), "0", "the setting afterwards")

    tracer = Tracer("--expedite-rcu", "--kprobe-way", "kprobe", *MANY, wait_ready=False).start()
    while setting() != "1" and tracer.process.poll() is None:
        time.sleep(0.02)
    check_equal(tracer.stop().status, 0, "status of SIGINT while attaching: " + tracer.stderr())
    check_equal(setting(), "0", "the setting after SIGINT while attaching")

    write("/sys/kernel/rcu_expedited", "1")
    with Tracer("--expedite-rcu", *FEW) as tracer:
        tracer.stop().ok()
    check_equal(setting(), "1", "the administrator's setting")
    write("/sys/kernel/rcu_expedited", "0")

    write("/sys/kernel/rcu_normal", "1")
    outcome = socketrace("--expedite-rcu", *FEW)
    write("/sys/kernel/rcu_normal", "0")
    check_equal(outcome.status, 1, "status with rcu_normal: " + outcome.err)
    check("rcu_normal" in outcome.err, outcome.err)
    check_no_residue()


@case
def the_way_that_the_kernel_gets():
    with Tracer("--filter-funcs", "tcp_sendmsg") as tracer:
        outcome = tracer.stop().ok()
    best = "kprobe-multi" if HAS_MULTI else "kprobe-event" if HAS_COOKIES else "kprobe"
    check(f" by {best} in " in outcome.err, "want", best, "in", outcome.err)
