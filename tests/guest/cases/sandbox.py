# SPDX-License-Identifier: BSD-2-Clause
"""Once attached, the tracer has no rights left but those that showing hits and ending take."""
import ctypes
import datetime
import re
import struct

from harness import KERNEL, TELLS_MISSED, Tracer, case, check, check_equal, check_no_residue, read
from traffic import TcpPair

FEW = ["--filter-funcs", "tcp_sendmsg|tcp_recvmsg|__tcp_transmit_skb|tcp_v4_rcv|tcp_ack|tcp_push"]
CAP_SETPCAP, CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 8, 21, 38, 39
PR_CAPBSET_DROP = 24
# Below 5.19 (c8644cd0efe7) every bpf(2) call takes CAP_BPF, unless the sysctl is 0.
BPF_WANTS_CAPABILITY = (KERNEL < (5, 19) and
                        read("/proc/sys/kernel/unprivileged_bpf_disabled").strip() != "0")


def status_of(tracer):
    text = read(f"/proc/{tracer.process.pid}/status")
    fields = dict(re.findall(r"^(\w+):\t(\S+)$", text, re.M))
    check("CapEff" in fields and "Seccomp" in fields, "no such process:", text)
    return fields


def without(*capabilities):
    """As preexec: takes them out of the bounding set, and so from what root gets by exec."""
    libc = ctypes.CDLL(None, use_errno=True)

    def drop():
        for one in capabilities:
            libc.prctl(PR_CAPBSET_DROP, one, 0, 0, 0)
    return drop


def trace_a_little(*args, **options):
    """Status while hits were shown, and the outcome with all its counters."""
    with TcpPair().connect() as pair:
        with Tracer(*FEW, "--filter-port", pair.port, *args, **options) as tracer:
            pair.roundtrips(10)
            status = status_of(tracer)
            outcome = tracer.stop().ok()
    check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 20, "tcp_sendmsg")
    if TELLS_MISSED:
        check(outcome.missed is not None, "missed hits are unknown:", outcome.err)
    check_no_residue()
    return status, outcome


def check_confined(status, capability=CAP_BPF):
    want = 1 << capability if BPF_WANTS_CAPABILITY else 0
    check_equal(int(status["CapEff"], 16), want, "CapEff")
    check_equal(int(status["CapPrm"], 16), want, "CapPrm")
    check_equal(int(status["CapInh"], 16), 0, "CapInh")
    check_equal(int(status["CapAmb"], 16), 0, "CapAmb")
    check_equal(status["NoNewPrivs"], "1", "NoNewPrivs")
    check_equal(status["Seccomp"], "2", "Seccomp")


@case
def rights_are_given_up():
    status, outcome = trace_a_little("-v")
    check_confined(status)
    check_equal(int(status["CapBnd"], 16), 0, "CapBnd")
    check_equal("kept one capability" in outcome.err, BPF_WANTS_CAPABILITY, "says what it kept")


@case
def no_sandbox_keeps_them():
    status, _ = trace_a_little("--no-sandbox")
    check(int(status["CapEff"], 16) >> CAP_SYS_ADMIN & 1, "CapEff", status["CapEff"])
    check_equal(status["NoNewPrivs"], "0", "NoNewPrivs")
    check_equal(status["Seccomp"], "0", "Seccomp")


@case
def started_with_fewer_rights():
    """Without CAP_SETPCAP the bounding set stays; CAP_SYS_ADMIN stands for CAP_BPF."""
    check_confined(trace_a_little(preexec=without(CAP_SETPCAP))[0])
    check_confined(trace_a_little(preexec=without(CAP_BPF, CAP_PERFMON))[0], CAP_SYS_ADMIN)


@case
def local_time_needs_no_file_any_more():
    with open("/tmp/zone", "wb") as f:  # five hours east, as tzfile(5), version 1
        f.write(b"TZif" + bytes(16) + struct.pack(">6I", 0, 0, 0, 0, 1, 4) +
                struct.pack(">iBB", 5 * 3600, 0, 0) + b"XXX\0")
    with TcpPair().connect() as pair:
        with Tracer(*FEW, "--filter-port", pair.port, "--timestamp", "absolute",
                    env={"TZ": ":/tmp/zone"}) as tracer:
            pair.roundtrips(3)
            outcome = tracer.stop().ok()
    now = datetime.datetime.utcnow() + datetime.timedelta(hours=5)
    lines = outcome.out.splitlines()[1:]
    check(lines, "no hit")
    for line in lines:
        told = datetime.datetime.fromisoformat(line.split()[0])
        check(abs((now - told).total_seconds()) < 600, "told", told, "at", now)
