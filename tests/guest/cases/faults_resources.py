# SPDX-License-Identifier: BSD-2-Clause
"""Faults of limits, memory and time: F15, F22, F23, F27, F28 (see tests/guest/FAULTS.md)."""
import errno
import os
import re
import resource
import time

from cases.ends import FEW, one_message
from cases.faults_kernel_files import sends_of_three_roundtrips
from cases.sandbox import without
from harness import ALL, KERNEL, Tracer, case, check, check_equal, check_no_residue, read, socketrace
from traffic import TcpPair

CAP_SYS_RESOURCE = 24


def limited(which, amount, *capabilities):
    drop = without(*capabilities)

    def preexec():
        resource.setrlimit(which, (amount, amount))
        drop()
    return preexec


@case
def f15_locked_memory():
    """5.10 counts BPF memory as locked memory; later kernels do not look at the limit."""
    sends_of_three_roundtrips(preexec=limited(resource.RLIMIT_MEMLOCK, 65536))
    poor = limited(resource.RLIMIT_MEMLOCK, 65536, CAP_SYS_RESOURCE)
    if KERNEL < (5, 11):
        outcome = socketrace(*FEW, preexec=poor)
        one_message(outcome, 1, "locked memory", "64 KiB", "ulimit -l unlimited")
    else:
        sends_of_three_roundtrips(preexec=poor)
    check_no_residue()


@case
def f15_descriptors():
    """One link holds all of kprobe-multi; a probe each does not fit into 64 descriptors."""
    poor = limited(resource.RLIMIT_NOFILE, 64, CAP_SYS_RESOURCE)
    outcome = socketrace("--filter-funcs", "tcp_.*", "--kprobe-way", "kprobe", preexec=poor)
    one_message(outcome, 1, "file descriptors", "the limit is 64", "ulimit -n")


def sysctl(name, value=None):
    path = "/proc/sys/" + name.replace(".", "/")
    if value is None:
        return read(path).strip()
    with open(path, "w", encoding="ascii") as f:
        f.write(str(value))
    return value


@case
def f22_without_the_jit():
    """Of amd64 Debian has CONFIG_BPF_JIT_ALWAYS_ON, which takes 1 and 2 only; of arm64 it takes 0, and
    there the interpreter refuses our programs (7.3) or panics in them (6.12)."""
    before = sysctl("net.core.bpf_jit_enable")
    try:
        sysctl("net.core.bpf_jit_enable", 0)
    except OSError:
        check_equal(sysctl("net.core.bpf_jit_enable"), before, "bpf_jit_enable")
        print("     f22: this kernel does not let the JIT be switched off")
        return
    try:
        one_message(socketrace(*FEW), 1, "BPF JIT", "sysctl net.core.bpf_jit_enable=1")
    finally:
        sysctl("net.core.bpf_jit_enable", before)
    sends_of_three_roundtrips()


@case
def f22_sysctls():
    if sysctl("kernel.unprivileged_bpf_disabled") != "1":  # 1 stays until the next boot
        sysctl("kernel.unprivileged_bpf_disabled", 2)
    sends_of_three_roundtrips()
    try:
        sysctl("kernel.ftrace_enabled", 0)
    except OSError as error:  # arm64 since it keeps what is called beside each function
        check_equal(error.errno, errno.EOPNOTSUPP, "error of kernel.ftrace_enabled=0")
        print("     f22: this kernel does not let ftrace be switched off")
        return
    try:
        one_message(socketrace(*FEW), 1, "ftrace", "sysctl kernel.ftrace_enabled=1")
    finally:
        sysctl("kernel.ftrace_enabled", 1)
    sends_of_three_roundtrips()


@case
def f23_clock_steps():
    """Years forward and back while tracing: order and distances are the monotonic clock's, and
    absolute times go on by the wall clock of the start."""
    for style in ("monotonic", "relative", "absolute"):
        begin, wall = time.monotonic(), time.time()
        try:
            with TcpPair().connect() as pair:
                with Tracer(*FEW, "--filter-port", pair.port, "--timestamp", style) as tracer:
                    for year in (0, 20, -3, 0):
                        time.clock_settime(time.CLOCK_REALTIME, wall + year * 31557600)
                        pair.roundtrips(2)
                    outcome = tracer.stop().ok()
        finally:
            time.clock_settime(time.CLOCK_REALTIME, wall + time.monotonic() - begin)
        stamps = [line.split()[0] for line in outcome.out.splitlines()[1:]]
        check_equal(len(stamps), outcome.printed, "lines")
        if style == "absolute":
            years = {stamp[:4] for stamp in stamps}
            check(years <= {str(time.gmtime(wall).tm_year), str(time.gmtime(wall + 600).tm_year)},
                  "years:", years)
        else:
            stamps = [float(stamp) for stamp in stamps]
        by_cpu = {}  # records of two CPUs may swap places in the ring
        for line, stamp in zip(outcome.out.splitlines()[1:], stamps):
            by_cpu.setdefault(line.split()[1], []).append(stamp)
        for cpu, own in by_cpu.items():
            check_equal(own, sorted(own), f"order of {style} times on CPU {cpu}")


@case
def f27_patterns():
    outcome = socketrace("--filter-funcs", "")
    check_equal(outcome.status, 2, "status of an empty pattern: " + outcome.err)
    check("--filter-funcs" in outcome.err and "empty" in outcome.err, outcome.err)
    # 64 kB (--all) of names that no kernel has, then one that all have; and 64 kB of one unknown.
    names = "|".join(f"no_such_function_{n}" for n in range(3000 if ALL else 500))
    done = socketrace("--list-funcs", "--filter-funcs", names + "|tcp_sendmsg", timeout=300)
    check_equal(done.status, 0, "status of a long pattern: " + done.err[-500:])
    check("\ttcp_sendmsg\n" in done.out and "Total: 1\n" in done.out, done.out[-500:])
    one_message(socketrace("--filter-funcs", "x" * 65000, timeout=300), 1, "xxx... cannot be traced: ",
                "no function of this name")
    bomb = socketrace("--list-funcs", "--filter-funcs", "((a{1000}){1000}){1000}", timeout=300)
    check_equal(bomb.status, 2, "status of a pattern that explodes: " + bomb.err[-500:])
    # All that take a socket, however wide the pattern: thousands, not the kernel's 50 000.
    listed = socketrace("--list-funcs", "--filter-funcs", ".*")
    total = int(re.search(r"^Total: (\d+)$", listed.out, re.M)[1])
    check(1000 < total < 6000, "functions that .* selects:", total)


@case
def f27_a_filter_that_never_matches():
    for args in (["--filter-family", "unix", "--filter-port", "22"],
                 ["--filter-family", "inet", "--filter-addr", "::1"]):
        with Tracer(*FEW, *args) as tracer:
            outcome = tracer.stop().ok()
        check("can never match" in outcome.err, outcome.err)
        check_equal(outcome.printed, 0, "printed")
    check_no_residue()


GROUP = "/sys/fs/cgroup/f28"


def in_small_memory():
    with open(GROUP + "/cgroup.procs", "w", encoding="ascii") as f:
        f.write(str(os.getpid()))


@case
def f28_little_memory():
    """In a memory cgroup. What is killed for memory, or fails, leaves nothing; what works, works."""
    with open("/sys/fs/cgroup/cgroup.subtree_control", "w", encoding="ascii") as f:
        f.write("+memory")
    os.mkdir(GROUP)
    ends = {}
    try:
        for mib in (32, 16, 8, 4):
            with open(GROUP + "/memory.max", "w", encoding="ascii") as f:
                f.write(str(mib << 20))
            tracer = Tracer(*FEW, "--buffer-size", "8M", wait_ready=False,
                            preexec=in_small_memory).start()
            end = time.monotonic() + 60
            while tracer.process.poll() is None and tracer.READY not in tracer.stderr():
                check(time.monotonic() < end, f"neither starts nor ends in {mib} MiB")
                time.sleep(0.05)
            outcome = tracer.stop()
            ends[mib] = outcome.status
            check(outcome.status in (0, 1, -9), f"status in {mib} MiB: {outcome.status}",
                  outcome.err)
            if outcome.status == 1:
                check("emory" in outcome.err and len(outcome.err.splitlines()) == 1, outcome.err)
            check_no_residue()
        check(ends[4] != 0, "4 MiB were enough: this limits nothing", ends)
    finally:
        os.rmdir(GROUP)
    print("     f28: status by MiB:", ends)
    sends_of_three_roundtrips()
