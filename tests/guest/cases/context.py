# SPDX-License-Identifier: BSD-2-Clause
"""Did the function interrupt whoever is named? In a hard interrupt, a softirq and a task of this kernel."""
import re
import subprocess

from harness import KERNEL, Tracer, case, check, check_equal
from traffic import udp_exchange

PLACE = re.compile(r"^(\w+): hits=(\d+) known=(\d+) softirq=(\d+) hardirq=(\d+)$", re.M)


@case
def hard_interrupts_softirqs_and_tasks_are_told_apart():
    """tests/bpf/context_agrees.cc: the decision itself, by probes where the context is certain."""
    done = subprocess.run(["context-agrees"], capture_output=True, text=True, timeout=300)
    check_equal(done.returncode, 0, "status: " + done.stdout + done.stderr)
    seen = {name: [int(n) for n in numbers] for name, *numbers in PLACE.findall(done.stdout)}
    check_equal(set(seen), {"task", "softirq", "hardirq"}, done.stdout)
    print("     " + ", ".join(done.stdout.splitlines()))
    if KERNEL < (5, 15) and not any(known for _, known, _, _ in seen.values()):
        return  # its BTF has no __preempt_count: lines say nothing of a context there, as the README has it
    for name, (hits, known, softirq, hardirq) in seen.items():
        check(hits >= 100, name, "hits:", hits)
        check_equal((known, softirq, hardirq), (hits, hits if name == "softirq" else 0,
                                                hits if name == "hardirq" else 0), name)


@case
def lines_say_that_they_interrupted_somebody():
    """Over loopback a datagram is received in a softirq, and sent by a task."""
    with Tracer("--filter-funcs", "ip_rcv|udp_sendmsg", "--filter-protocol", "udp") as tracer:
        udp_exchange(10)
        hits = tracer.stop().ok().hits
    told = {name: {hit.extra.get("context") for hit in hits if hit.func == name} for name in ("ip_rcv", "udp_sendmsg")}
    if told["ip_rcv"] == {None}:  # single kprobes without a cookie have no program that knows
        check(KERNEL < (5, 15), "no context in", hits[0].text)
        return
    check_equal(told, {"ip_rcv": {"softirq"}, "udp_sendmsg": {None}}, "context")
