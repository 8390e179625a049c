# SPDX-License-Identifier: BSD-2-Clause
"""Faults of what the kernel tells about itself: F11, F12, F13, F14 (see tests/guest/FAULTS.md)."""
import os
import subprocess
import time

from cases import sandbox
from cases.ends import FEW, one_message, run_with
from harness import (TRACEFS, Tracer, case, check, check_equal, check_no_residue, read, socketrace)
from traffic import TcpPair

BTF = "/sys/kernel/btf/vmlinux"


def append(name, text):
    """To a file of tracefs; these refuse to be sought in, as open(..., "a") does, and without O_APPEND
    they are emptied first."""
    fd = os.open(f"{TRACEFS}/{name}", os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def sends_of_three_roundtrips(*args, **options):
    with TcpPair().connect() as pair:
        with Tracer(*FEW, "--filter-port", pair.port, *args, **options) as tracer:
            pair.roundtrips(3)
            outcome = tracer.stop().ok()
    check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 6, "tcp_sendmsg")
    return outcome


class Instead:
    """with Instead(path, content): another file in the place of a kernel's."""

    def __init__(self, path, content):
        self.path, self.file = path, "/tmp/instead"
        with open(self.file, "wb") as f:
            f.write(content)

    def __enter__(self):
        subprocess.run(["mount", "--bind", self.file, self.path], check=True)

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)


@case
def f11_damaged_btf():
    """Absent BTF is in ends.no_btf. Root reads whatever has a mode, so unreadable is a directory."""
    with open(BTF, "rb") as f:
        whole = f.read()
    for damaged in (b"", whole[:20], whole[: len(whole) // 2], b"\x7fELF" + bytes(100),
                    whole[:64] + os.urandom(4096)):
        with Instead(BTF, damaged):
            one_message(socketrace(*FEW), 1, BTF)
    one_message(socketrace(*FEW, "--btf", "/sys/kernel"), 1, "/sys/kernel")
    with open("/tmp/cut", "wb") as f:
        f.write(whole[: len(whole) // 3])
    one_message(socketrace(*FEW, "--btf", "/tmp/cut"), 1, "/tmp/cut", "damaged BTF")


@case
def f12_probe_events_of_others():
    """Trace events under our name that a dead process left, and somebody else's: neither hinders us,
    and what is not ours stays."""
    dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True,
                          check=True).stdout.strip()
    foreign, stale = "p:others/tcp_sendmsg tcp_sendmsg", f"p:socketrace_{dead}/a1 tcp_sendmsg"
    for event in (foreign, stale):
        append("kprobe_events", event + "\n")
    try:
        check("others/tcp_sendmsg" in read(TRACEFS + "/kprobe_events"), "no event was made")
        sends_of_three_roundtrips()
        check("others/tcp_sendmsg" in read(TRACEFS + "/kprobe_events"),
              "somebody else's trace event is gone")
    finally:
        for event in ("others/tcp_sendmsg", f"socketrace_{dead}/a1"):
            if event in read(TRACEFS + "/kprobe_events"):
                append("kprobe_events", f"-:{event}\n")
    check_no_residue()


def without(*capabilities):
    drop = ",".join("-" + one for one in capabilities)
    return ["setpriv", "--inh-caps=" + drop, "--bounding-set=" + drop]


@case
def f13_without_cap_syslog():
    """kptr_restrict=1 shows addresses to CAP_SYSLOG only: zeroes are recognised, not attached to."""
    path = "/proc/sys/kernel/kptr_restrict"
    before = read(path)
    with open(path, "w", encoding="ascii") as f:
        f.write("1")
    try:
        outcome = run_with(without("syslog"), "--list-funcs", "--filter-funcs", "tcp_sendmsg")
        check_equal(outcome.status, 0, outcome.err)
        check("kptr_restrict is 1" in outcome.err and "CAP_SYSLOG" in outcome.err, outcome.err)
        sends_of_three_roundtrips()  # and with it all is well
    finally:
        with open(path, "w", encoding="ascii") as f:
            f.write(before)
    check_no_residue()


CAP_SYS_ADMIN, CAP_SYS_RESOURCE, CAP_SYSLOG, CAP_PERFMON, CAP_BPF = 21, 24, 34, 38, 39


def only(*kept):
    return sandbox.without(*(one for one in range(64) if one not in kept))


@case
def f13_without_cap_sys_admin():
    """What CAP_BPF and CAP_PERFMON are for; but older libbpf (1.1) looks through the BTF of modules, and
    Debian's kernel.perf_event_paranoid=3 keeps single kprobes from all but CAP_SYS_ADMIN."""
    for way in ([], ["--kprobe-way", "kprobe"]):
        tracer = Tracer(*FEW, *way, wait_ready=False,
                        preexec=only(CAP_BPF, CAP_PERFMON, CAP_SYSLOG, CAP_SYS_RESOURCE)).start()
        while tracer.process.poll() is None and tracer.READY not in tracer.stderr():
            time.sleep(0.05)
        outcome = tracer.stop()
        print(f"     f13: status {outcome.status}: {outcome.err.splitlines()[0]}")
        if outcome.status != 0:
            one_message(outcome, 1, "CAP_SYS_ADMIN", "run it with sudo")
        else:
            check_equal(outcome.attached, 3, "attached")
    # The remedy is true.
    sends_of_three_roundtrips(preexec=only(CAP_SYS_ADMIN, CAP_SYSLOG, CAP_SYS_RESOURCE))
    check_no_residue()


@case
def f14_read_only_tracefs():
    subprocess.run(["mount", "-o", "remount,ro", TRACEFS], check=True)
    try:
        check_equal(sends_of_three_roundtrips().attached, 3, "attached")
    finally:
        subprocess.run(["mount", "-o", "remount,rw", TRACEFS], check=True)
    check_no_residue()
