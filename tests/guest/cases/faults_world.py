# SPDX-License-Identifier: BSD-2-Clause
"""What is traced goes away: F20, and stacks that differ, F29 (see tests/guest/FAULTS.md)."""
import os
import signal
import subprocess
import time

from cases.ends import FEW
from harness import KERNEL, Tracer, case, check, check_equal, check_no_residue, read
from traffic import TcpPair

CONNTRACK = "nf_conntrack"


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options)


@case
def f20_modules_come_and_go():
    """Loaded and unloaded while its functions and others' are traced. A link may hold the module
    (kprobe-multi since 6.3): unloading is refused then, as with any user of a module."""
    run("modprobe", CONNTRACK)
    has_btf = os.path.exists("/sys/kernel/btf/" + CONNTRACK)
    pattern = FEW[1] + "|nf_ct_.*|nf_conntrack_in"
    try:
        with TcpPair().connect() as pair:
            with Tracer("--filter-funcs", pattern, "--filter-port", pair.port) as tracer:
                pair.roundtrips(2)
                unloaded = subprocess.run(["rmmod", CONNTRACK], capture_output=True, text=True)
                check(unloaded.returncode == 0 or "in use" in unloaded.stderr, unloaded.stderr)
                pair.roundtrips(2)
                if unloaded.returncode == 0:
                    run("modprobe", CONNTRACK)  # maybe to another place
                pair.roundtrips(2)
                outcome = tracer.stop().ok()
        check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 12, "tcp_sendmsg")
        check(outcome.attached > 3 or not has_btf or KERNEL < (5, 11), "of the module nothing:",
              outcome.err)
        check_no_residue()
    finally:
        removed = subprocess.run(["rmmod", CONNTRACK], check=False, capture_output=True, text=True)
    check(not os.path.exists("/sys/module/" + CONNTRACK), "something holds the module:", removed.stderr)
    with TcpPair().connect() as pair:  # one that comes later
        with Tracer(*FEW, "--filter-port", pair.port) as tracer:
            run("modprobe", CONNTRACK)
            pair.roundtrips(2)
            run("rmmod", CONNTRACK)
            outcome = tracer.stop().ok()
    check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 4, "tcp_sendmsg")


def set_online(cpu, value):
    with open(f"/sys/devices/system/cpu/cpu{cpu}/online", "w", encoding="ascii") as f:
        f.write(value)


@case
def f20_a_cpu_goes_and_comes():
    def on(cpu, pair):
        os.sched_setaffinity(0, {cpu})
        pair.roundtrips(3)
        os.sched_setaffinity(0, {0, 1})

    set_online(1, "0")
    try:
        with TcpPair().connect() as pair:
            with Tracer(*FEW, "--filter-port", pair.port) as tracer:
                on(0, pair)
                set_online(1, "1")
                on(1, pair)  # was not there when we attached
                set_online(1, "0")
                on(0, pair)
                set_online(1, "1")
                on(1, pair)
                outcome = tracer.stop().ok()
    finally:
        if read("/sys/devices/system/cpu/online").strip() == "0":
            set_online(1, "1")
    sends = [h.cpu for h in outcome.hits if h.func == "tcp_sendmsg"]
    check_equal(sends, ["0"] * 6 + ["1"] * 6 + ["0"] * 6 + ["1"] * 6, "CPUs of tcp_sendmsg")
    check_equal(outcome.lost, 0, "lost")
    check_no_residue()


@case
def f20_processes_and_namespaces_that_exit():
    """The lines of what is gone still say who and where it was."""
    run("ip", "netns", "add", "f20")
    run("ip", "-n", "f20", "link", "set", "lo", "up")
    inode = os.stat("/run/netns/f20").st_ino
    child = ("import sys; sys.path.insert(0, '/tests'); from traffic import TcpPair;"
             "open('/proc/self/comm', 'w').write('leaver'); TcpPair().connect().roundtrips(2)")
    with Tracer(*FEW, "--filter-netns", "f20") as tracer:
        tracer.process.send_signal(signal.SIGSTOP)  # it prints when all is over
        leaver = subprocess.Popen(["ip", "netns", "exec", "f20", "python3", "-c", child])
        check_equal(leaver.wait(60), 0, "the child's status")
        run("ip", "netns", "del", "f20")
        time.sleep(0.5)
        tracer.process.send_signal(signal.SIGCONT)
        outcome = tracer.stop().ok()
    sends = [h for h in outcome.hits if h.func == "tcp_sendmsg"]
    check_equal([(h.tgid, h.comm, h.netns) for h in sends],
                [(leaver.pid, "leaver", str(inode))] * 4, "tcp_sendmsg")
    check_no_residue()
    sleeper = subprocess.Popen(["sleep", "0.1"])
    with Tracer(*FEW, "--filter-pid", sleeper.pid) as tracer:
        sleeper.wait()
        outcome = tracer.stop().ok()
    check_equal(outcome.printed, 0, "hits of a process that is gone")


@case
def f29_equal_and_different_stacks_both_print():
    """No stack map, so no collisions and no reuse: the stack is part of the record."""
    def through_write(pair):
        for _ in range(20):
            os.write(pair.client.fileno(), b"x")

    def through_send(pair):
        for _ in range(20):
            pair.client.send(b"x")

    with TcpPair().connect() as pair:
        with Tracer("--filter-port", pair.port, "--filter-funcs", "tcp_sendmsg",
                    "--output-stack") as tracer:
            through_write(pair)
            through_send(pair)
            outcome = tracer.stop().ok()
    hits = outcome.hits
    check_equal(len(hits), 40, "hits")
    for which, hit in enumerate(hits):
        frames = "\n".join(hit.stack)
        check(hit.stack and hit.stack[0].startswith("tcp_sendmsg"), "first frame of", frames)
        wanted = "vfs_write" if which < 20 else "__sys_sendto"
        check(wanted in frames, wanted, "is not in", frames)
