# SPDX-License-Identifier: BSD-2-Clause
"""Starts and ends by the hundred: F04, F05, F19 (see tests/guest/FAULTS.md)."""
import concurrent.futures
import gc
import re
import signal
import subprocess
import time

from harness import (ALL, HAS_MULTI, TRACEFS, Tracer, case, check, check_equal, check_no_residue, read)

ONE = ["--filter-funcs", "tcp_sendmsg", "--buffer-size", "64K"]
# Each takes a second or two, in an emulator, and with a single kprobe seconds.
CYCLES = 200 if ALL and HAS_MULTI else 24
SETTLE = 1.0


def objects():
    """What must be as before: counts of what a trace makes."""
    def lines(*command):
        done = subprocess.run(["bpftool", *command], capture_output=True, text=True, check=True)
        return len(re.findall(r"^\d+:", done.stdout, re.M))

    return {"links": lines("link", "show"), "programs": lines("prog", "show"),
            "maps": lines("map", "show"),
            "trace events": len(read(TRACEFS + "/kprobe_events").splitlines()),
            "probes": len(read("/sys/kernel/debug/kprobes/list").splitlines()),
            "functions": len(read(TRACEFS + "/enabled_functions").splitlines())}


def memory_kib():
    """Kernel memory that nobody would give back; and open files of all processes."""
    gc.collect()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as f:
        f.write("3")
    time.sleep(SETTLE)
    fields = dict(re.findall(r"^(\w+): +(\d+)", read("/proc/meminfo"), re.M))
    files = int(read("/proc/sys/fs/file-nr").split()[0])
    return {"slab": int(fields["SUnreclaim"]), "percpu": int(fields["Percpu"]),
            "vmalloc": int(fields["VmallocUsed"])}, files


def cycle(delay, signum):
    tracer = Tracer(*ONE, wait_ready=False).start()
    time.sleep(delay)
    caught = tracer.catches(signum)
    tracer.process.send_signal(signum)
    outcome = tracer.wait()
    allowed = {-signum} if signum == signal.SIGKILL else {0} if caught else {0, -signum}
    check(outcome.status in allowed, f"status {outcome.status} after {delay:.3f} s:", outcome.err)


@case
def f04_f05_f19_starts_and_ends_by_the_hundred():
    """SIGINT at 18 points and SIGKILL at 6 of a life from exec to running (--all: 150 and 50), four lives at a
    time: no growth of anything."""
    begin = time.monotonic()
    with Tracer(*ONE) as tracer:
        ready = time.monotonic() - begin
        tracer.stop().ok()
    for step in range(10):  # what the kernel keeps for the next time is there after these
        cycle(ready * (0.2 + step / 10), signal.SIGINT)
    check_no_residue()
    before = objects()
    (kept, files) = memory_kib()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # most of it is waiting for RCU
        for _ in pool.map(lambda step: cycle(ready * 1.25 * step / CYCLES, signal.SIGKILL
                                             if step % 4 == 3 else signal.SIGINT), range(CYCLES)):
            pass  # the first failure is raised here
    with Tracer(*ONE) as tracer:  # removes the probe events of those that were killed
        tracer.stop().ok()
    check_no_residue()
    check_equal(objects(), before, "links, programs, maps, probes")
    (kept_after, files_after) = memory_kib()
    # The count is kept in batches of 32 for each CPU.
    check(files_after <= files + 96, "open files:", files, "->", files_after)
    growth = {name: kept_after[name] - kept[name] for name in kept}
    print("     f19: growth in KiB:", growth, "open files:", files_after - files)
    # A 64 KiB ring left behind in each fifth cycle would be more; slabs come and go by themselves.
    for name, most in (("slab", 1024), ("percpu", 256), ("vmalloc", 256)):
        check(growth[name] <= most, "growth in KiB:", growth)


@case
def f19_ten_in_a_row_that_trace():
    from traffic import TcpPair
    for _ in range(10):
        with TcpPair().connect() as pair:
            with Tracer(*ONE, "--filter-port", pair.port) as tracer:
                pair.roundtrips(2)
                check_equal(tracer.stop().ok().printed, 4, "hits")
    check_no_residue()
