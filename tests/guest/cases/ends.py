# SPDX-License-Identifier: BSD-2-Clause
"""Every end is a normal end or one clear message, and leaves nothing behind."""
import os
import resource
import signal
import subprocess
import time

from harness import (HAS_MULTI, KERNEL, SOCKETRACE, TRACEFS, Failed, Tracer, armed_functions,
                     bpf_leftovers, case, check, check_equal, check_no_residue, socketrace)
from traffic import TcpPair

FEW = ["--filter-funcs", "tcp_sendmsg|tcp_recvmsg|tcp_rcv_established"]


def one_message(outcome, status, *words):
    """Exit status and exactly one line on stderr that holds all words."""
    check_equal(outcome.status, status, "status; stderr: " + outcome.err)
    lines = [line for line in outcome.err.splitlines() if not line.startswith("Try ")]
    check_equal(len(lines), 1, "lines on stderr: " + outcome.err)
    for word in words:
        check(word in lines[0], repr(word), "is not in", lines[0])
    check_no_residue()


@case
def sigint_at_ten_points():
    """From start to detach; each is status 0 and leaves nothing."""
    begin = time.monotonic()
    with Tracer(*FEW) as tracer:
        ready = time.monotonic() - begin
        tracer.stop().ok()
    for step in range(10):
        tracer = Tracer(*FEW, wait_ready=False).start()
        time.sleep(ready * step / 7)
        caught = tracer.catches(signal.SIGINT)
        tracer.process.send_signal(signal.SIGINT)
        outcome = tracer.wait()
        early = not caught and outcome.status == -signal.SIGINT
        check(outcome.status == 0 or early, f"status {outcome.status} at step {step}:", outcome.err)
    check_no_residue()


@case
def sigterm_and_hangup_are_normal_ends():
    for signum in (signal.SIGTERM, signal.SIGHUP):
        with Tracer(*FEW) as tracer:
            tracer.stop(signum).ok()
    check_no_residue()


@case
def sigint_while_many_are_attached_and_detached():
    """The full set; by single kprobes this is interrupted in the middle of attaching."""
    tracer = Tracer(wait_ready=False).start()
    time.sleep(4)
    tracer.process.send_signal(signal.SIGINT)
    check_equal(tracer.wait(300).status, 0, "status")
    check_no_residue(300)


def check_nothing_armed(timeout=60):
    """What is killed has no time to remove its probe events, which are disarmed: the next start
    does (attaching.py)."""
    end = time.monotonic() + timeout
    while True:
        armed = [line for line in armed_functions()
                 if "[DISABLED]" not in line and not line.startswith("p:socketrace_")]
        if not armed and not bpf_leftovers():
            return
        check(time.monotonic() < end, "left armed:", armed[:5], bpf_leftovers()[:5])
        time.sleep(0.2)


@case
def sigkill_leaves_nothing_armed():
    with TcpPair().connect() as pair:
        for delay in (0.3, 1, None):
            tracer = Tracer(*FEW, wait_ready=delay is None).start()
            time.sleep(delay or 0)
            pair.roundtrips(3)
            tracer.process.kill()
            tracer.process.wait()
            check_nothing_armed()
        with Tracer(*FEW, "--filter-port", pair.port) as tracer:  # and the next start works
            pair.roundtrips(2)
            check(tracer.stop().ok().printed > 0, "no hit after a SIGKILL")
    check_no_residue()


@case
def a_reader_that_leaves_is_a_normal_end():
    for reader in ("head -1", "true"):
        with TcpPair().connect() as pair:
            command = (f"{SOCKETRACE} --filter-port {pair.port} {' '.join(FEW[:1])} '{FEW[1]}' "
                       f"2>/tmp/err | {reader}; exit ${{PIPESTATUS[0]}}")
            shell = subprocess.Popen(["bash", "-c", command], stdout=subprocess.DEVNULL)
            end = time.monotonic() + 120
            while shell.poll() is None:
                pair.roundtrips(5)
                time.sleep(0.05)
                check(time.monotonic() < end, "| " + reader, "does not end")
            check_equal(shell.returncode, 0, "| " + reader + ": " + open("/tmp/err").read())
    check_no_residue()


@case
def a_second_sigint_does_not_wait_for_a_sleeping_reader():
    read_end, write_end = os.pipe()
    with TcpPair().connect() as pair:
        tracer = Tracer(*FEW, "--filter-port", pair.port, stdout=write_end).start()
        os.close(write_end)
        pair.roundtrips(800)  # far more than the pipe holds
        tracer.process.send_signal(signal.SIGINT)
        time.sleep(1)
        check(tracer.process.poll() is None, "ended although its output is not written")
        outcome = tracer.stop().ok()
    os.close(read_end)
    check("not shown" in outcome.err, "no word of what was not shown:", outcome.err)
    check_no_residue()


@case
def closed_stdout_is_an_error():
    outcome = Tracer(*FEW, wait_ready=False, preexec=lambda: os.close(1)).start().wait()
    one_message(outcome, 1, "stdout")


@case
def a_full_disk_is_one_message():
    os.makedirs("/tmp/small", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", "/tmp/small"], check=True)
    try:
        with TcpPair().connect() as pair:
            with Tracer(*FEW, "--filter-port", pair.port, "--quiet", "--output-file",
                        "/tmp/small/out", wait_ready=False) as tracer:
                end = time.monotonic() + 120
                while tracer.process.poll() is None:
                    pair.roundtrips(100)
                    check(time.monotonic() < end, "goes on although the disk is full")
                outcome = tracer.wait()
        one_message(outcome, 1, "/tmp/small/out", "No space left")
        with open("/tmp/small/out", "rb") as f:
            check(f.read().endswith(b"\n"), "the file ends in half a line")
        outcome = socketrace(*FEW, "--output-file", "/nonexistent/out")
        one_message(outcome, 1, "/nonexistent/out", "No such file")
    finally:
        subprocess.run(["umount", "/tmp/small"], check=True)


def unprivileged(*caps_dropped):
    if not caps_dropped:
        return ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
    drop = ",".join("-" + cap for cap in caps_dropped)
    return ["setpriv", "--inh-caps=" + drop, "--bounding-set=" + drop]


def run_with(prefix, *args):
    done = subprocess.run([*prefix, SOCKETRACE, *args], capture_output=True, text=True, timeout=120)
    return type("Outcome", (), {"status": done.returncode, "out": done.stdout, "err": done.stderr})


@case
def without_privilege():
    one_message(run_with(unprivileged(), *FEW), 1, "CAP_", "sudo")
    one_message(run_with(unprivileged("bpf", "sys_admin"), *FEW), 1, "CAP_BPF")
    one_message(run_with(unprivileged("perfmon", "sys_admin"), *FEW), 1, "CAP_PERFMON")
    listed = run_with(unprivileged(), "--list-funcs", "sock")
    check_equal(listed.status, 0, "--list-funcs unprivileged: " + listed.err)
    check("tcp_sendmsg" in listed.out, "tcp_sendmsg is not listed")


@case
def tracefs_not_mounted():
    subprocess.run(["umount", TRACEFS], check=True)
    nested = subprocess.run(["umount", "/sys/kernel/debug/tracing"], check=False,
                            capture_output=True).returncode == 0
    subprocess.run(["umount", "/sys/kernel/debug"], check=True)
    try:
        with TcpPair().connect() as pair:
            with Tracer(*FEW, "--filter-port", pair.port) as tracer:
                pair.roundtrips(3)
                outcome = tracer.stop().ok()
        check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 6, "tcp_sendmsg")
        check("available_filter_functions" in outcome.err, "no word of it:", outcome.err)
    finally:
        subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=True)
        subprocess.run(["mount", "-t", "tracefs", "none", TRACEFS], check=True)
    check(nested in (True, False), "")
    check_no_residue()


@case
def kptr_restrict():
    before = open("/proc/sys/kernel/kptr_restrict", encoding="ascii").read()
    with open("/proc/sys/kernel/kptr_restrict", "w", encoding="ascii") as f:
        f.write("2")
    try:
        if KERNEL < (5, 15):  # no cookies: a function is known by its address only
            outcome = socketrace(*FEW)
            check_equal(outcome.status, 1, "status")
            check("kernel.kptr_restrict=1" in outcome.err, outcome.err)
            return
        with TcpPair().connect() as pair:
            with Tracer(*FEW, "--filter-port", pair.port) as tracer:
                pair.roundtrips(3)
                outcome = tracer.stop()
        check("kptr_restrict" in outcome.err, "no word of kptr_restrict:", outcome.err)
        outcome.ok()
        check_equal(sum(h.func == "tcp_sendmsg" for h in outcome.hits), 6, "tcp_sendmsg")
    finally:
        with open("/proc/sys/kernel/kptr_restrict", "w", encoding="ascii") as f:
            f.write(before)
    check_no_residue()


@case
def no_btf():
    subprocess.run(["mount", "-t", "tmpfs", "none", "/sys/kernel/btf"], check=True)
    try:
        one_message(socketrace(*FEW), 1, "CONFIG_DEBUG_INFO_BTF")
    finally:
        subprocess.run(["umount", "/sys/kernel/btf"], check=True)


@case
def usage_errors():
    for args, words in ((["--filter-port", "70000"], ["--filter-port", "70000", "65535"]),
                        (["--filter-funcs", "("], ["--filter-funcs", "("]),
                        (["--filter-netns", "no-such"], ["--filter-netns", "no-such"]),
                        (["--no-such-option"], ["--no-such-option"]),
                        (["--modules", "no_such_module"], ["no_such_module"])):
        outcome = socketrace(*args)
        check(outcome.status == (1 if args[0] == "--modules" else 2) or outcome.status == 2,
              "status", outcome.status, "of", args, outcome.err)
        for word in words:
            check(word in outcome.err, repr(word), "is not in", outcome.err)


@case
def few_descriptors():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    with TcpPair().connect() as pair:
        with Tracer(*FEW, "--filter-port", pair.port, preexec=limit) as tracer:
            pair.roundtrips(1)
            check(tracer.stop().ok().printed > 0, "no hit")
    check_no_residue()


@case
def two_at_once():
    with TcpPair().connect() as pair:
        args = [*FEW, "--filter-port", pair.port]
        with Tracer(*args) as one, Tracer(*args) as two:
            pair.roundtrips(10)
            first, second = one.stop().ok(), two.stop().ok()
    for outcome in (first, second):
        sends = sum(h.func == "tcp_sendmsg" for h in outcome.hits)
        check(sends == 20 or (outcome.missed or 0) > 0, "tcp_sendmsg", sends, outcome.err)
    check_no_residue()


if not HAS_MULTI:
    @case
    def fallback_says_so():
        tracer = Tracer(wait_ready=False).start()
        try:
            tracer.until_stderr("sk_buff")
        finally:
            tracer.process.send_signal(signal.SIGINT)
        outcome = tracer.wait()
        if outcome.status != 0:
            raise Failed(outcome.err)
        check_no_residue(300)
